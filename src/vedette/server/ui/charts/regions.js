/** Annotations on a chart: a tint where they held, and a bar at the foot. */

import { canvasColor, color } from "../grafana/colors.js";

/** @typedef {import("../vendor/uplot.js").default} Chart */
/** @typedef {import("../grafana/types.js").Region} Region */

/**
 * What is to be tinted, each moment once a colour: many alerts at a time must not hide the chart.
 * @param {readonly Pick<Region, "from" | "to" | "color">[]} regions
 * @returns {{ from: number, to: number, color: string }[]}
 */
export function joined(regions) {
  /** @type {{ from: number, to: number, color: string }[]} */
  const found = [];
  for (const { from, to, color: name } of [...regions].sort((one, other) => one.from - other.from)) {
    const open = found.findLast((one) => one.color === name);
    if (open && from <= open.to) open.to = Math.max(open.to, to);
    else found.push({ from, to, color: name });
  }
  return found;
}

/**
 * @param {() => Region[]} regions
 * @returns {import("../vendor/uplot.js").default.Plugin}
 */
export function regionMarks(regions) {
  /** @type {Map<string, { tint: string, bar: string }>} */
  const colors = new Map();
  const of = (/** @type {string} */ name) => {
    const made = colors.get(name) ?? { tint: canvasColor(color(name), 0.07), bar: canvasColor(color(name), 0.9) };
    colors.set(name, made);
    return made;
  };
  return {
    hooks: {
      drawClear: (chart) => {
        const { left, top, width, height } = chart.bbox;
        const thick = 3 * window.devicePixelRatio;
        for (const { from, to, color: name } of joined(regions())) {
          const start = Math.max(left, chart.valToPos(from, "x", true));
          const end = Math.min(left + width, Math.max(chart.valToPos(to, "x", true), start + thick));
          if (end <= left || start >= left + width) continue;
          chart.ctx.fillStyle = of(name).tint;
          chart.ctx.fillRect(start, top, end - start, height);
          chart.ctx.fillStyle = of(name).bar;
          chart.ctx.fillRect(start, top + height, end - start, thick);
        }
      },
    },
  };
}
