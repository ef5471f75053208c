/** Annotations of a moment, such as a deployment: a line from top to foot with a mark at its top. */

import { canvasColor, color } from "../grafana/colors.js";

/** @typedef {import("../grafana/types.js").Region} Region */

/**
 * @param {() => Region[]} regions
 * @returns {import("../vendor/uplot.js").default.Plugin}
 */
export function momentLines(regions) {
  return {
    hooks: {
      draw: (chart) => {
        const { left, top, width, height } = chart.bbox;
        const { ctx } = chart;
        const ratio = window.devicePixelRatio;
        ctx.save();
        for (const { from, moment, color: name } of regions()) {
          const x = Math.round(chart.valToPos(from, "x", true));
          if (!moment || x < left || x > left + width) continue;
          const tone = canvasColor(color(name), 0.9);
          ctx.strokeStyle = tone;
          ctx.fillStyle = tone;
          ctx.lineWidth = ratio;
          ctx.setLineDash([3 * ratio, 3 * ratio]);
          ctx.beginPath();
          ctx.moveTo(x + 0.5, top);
          ctx.lineTo(x + 0.5, top + height);
          ctx.stroke();
          ctx.beginPath();
          ctx.moveTo(x - 4 * ratio, top);
          ctx.lineTo(x + 5 * ratio, top);
          ctx.lineTo(x + 0.5, top + 6 * ratio);
          ctx.fill();
        }
        ctx.restore();
      },
    },
  };
}
