/** Thresholds on a chart: dashed lines at the limits, tinted areas above them. */

import { canvasColor, color } from "../grafana/colors.js";

/** @typedef {import("../vendor/uplot.js").default} Chart */
/** @typedef {{ scale: string, style: string, steps: { color: string, value: number }[] }} Limits */

/**
 * @param {Limits[]} limits per value scale
 * @returns {import("../vendor/uplot.js").default.Plugin}
 */
export function limitLines(limits) {
  const drawn = limits.map((limit) => ({
    ...limit,
    steps: limit.steps.map(({ color: name, value }, index) => ({
      value,
      visible: name !== "transparent",
      // where less is worse, the limit has the colour of what is below it: a green line warns nobody
      line: canvasColor(color(name === "green" ? (limit.steps[index - 1]?.color ?? name) : name), 0.85),
      area: canvasColor(color(name), 0.09),
    })),
  }));
  return {
    hooks: {
      drawClear: (chart) => drawn.forEach((limit) => limit.style.includes("area") && areas(chart, limit)),
      draw: (chart) => drawn.forEach((limit) => /line|dashed/.test(limit.style) && lines(chart, limit)),
    },
  };
}

/** @param {Chart} chart @param {{ scale: string, steps: { value: number, visible: boolean, area: string }[] }} limit */
function areas(chart, { scale, steps }) {
  const { min, max } = chart.scales[scale];
  if (min === undefined || max === undefined || min === null || max === null) return;
  const { left, width } = chart.bbox;
  steps.forEach(({ value, visible, area }, index) => {
    const from = Math.max(value, min);
    const to = Math.min(steps[index + 1]?.value ?? Infinity, max);
    if (!visible || index === 0 || from >= to) return;
    const [bottom, top] = [chart.valToPos(from, scale, true), chart.valToPos(to, scale, true)];
    chart.ctx.fillStyle = area;
    chart.ctx.fillRect(left, top, width, bottom - top);
  });
}

/** @param {Chart} chart @param {{ scale: string, style: string, steps: { value: number, visible: boolean, line: string }[] }} limit */
function lines(chart, { scale, style, steps }) {
  const { min, max } = chart.scales[scale];
  if (min === undefined || max === undefined || min === null || max === null) return;
  const { left, width } = chart.bbox;
  const { ctx } = chart;
  ctx.save();
  ctx.lineWidth = 1.25 * window.devicePixelRatio;
  ctx.setLineDash(style.includes("dashed") ? [8, 6] : [5, 4]);
  for (const { value, visible, line } of steps) {
    if (!visible || !Number.isFinite(value) || value < min || value > max) continue;
    const y = Math.round(chart.valToPos(value, scale, true)) + 0.5;
    ctx.strokeStyle = line;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
  }
  ctx.restore();
}
