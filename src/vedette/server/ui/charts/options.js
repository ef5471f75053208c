/** What uPlot is told: lines, scales and axes from a description that knows nothing of uPlot. */

import { canvasColor, css } from "../grafana/colors.js";
import { axis as axisTexts } from "../grafana/units.js";
import uPlot from "../vendor/uplot.js";
import { valueRange } from "./scale.js";
import { increments } from "./steps.js";
import { timeTicks } from "./ticks.js";

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {string} color CSS text
 * @property {(number | null)[]} values as measured, for the tooltip
 * @property {(number | null)[]} drawn as drawn, which differs when stacked
 * @property {string} unit
 * @property {number | null} [decimals]
 * @property {"line" | "bars" | "points"} style
 * @property {string} [interpolation] `linear`, `smooth`, `stepBefore`, `stepAfter`
 * @property {number} width
 * @property {number} fill opacity in per cent
 * @property {number[]} [dash]
 * @property {boolean} spanGaps
 * @property {boolean} points
 * @property {string} scale key of its value scale
 * @property {boolean} shown
 * @property {boolean} stacked
 *
 * @typedef {object} Scale
 * @property {string} key
 * @property {string} unit
 * @property {number | null} [decimals]
 * @property {number | null} [min]
 * @property {number | null} [max]
 * @property {number | null} [softMin]
 * @property {number | null} [softMax]
 * @property {boolean} zero
 * @property {number} [log] base of a logarithmic scale
 * @property {boolean} right
 * @property {boolean} hidden
 * @property {string} [label]
 */

/**
 * @param {Line} line
 * @returns {uPlot.Series}
 */
function series(line) {
  const stroke = canvasColor(line.color);
  const { bars, spline, stepped, linear } = /** @type {Required<uPlot.Series.PathBuilderFactories>} */ (uPlot.paths);
  const curves = { smooth: spline(), stepAfter: stepped({ align: 1 }), stepBefore: stepped({ align: -1 }) };
  const curve = curves[/** @type {keyof typeof curves} */ (line.interpolation)] ?? linear();
  return {
    label: line.name,
    scale: line.scale,
    show: line.shown,
    stroke,
    width: line.style === "bars" ? Math.min(line.width, 1) : line.width,
    fill: line.fill > 0 ? canvasColor(line.color, line.fill / 100) : undefined,
    dash: line.dash,
    spanGaps: line.spanGaps,
    paths: line.style === "bars" ? bars({ size: [0.75, 48], radius: 0.1 }) : line.style === "points" ? () => null : curve,
    points: {
      show: line.style === "points" || line.points,
      size: line.style === "points" ? 5 : 4,
      fill: stroke,
      filter: (chart, index, show) => (show || line.style === "bars" ? null : alone(chart.data[index])),
    },
  };
}

/** Samples with a gap on both sides, which a line cannot show. @param {ArrayLike<number | null | undefined>} values */
function alone(values) {
  /** @type {number[]} */
  const found = [];
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  }
  return found;
}

/** @param {Scale} scale @returns {uPlot.Scale} */
function valueScale(scale) {
  if (scale.log) return { distr: 3, log: scale.log === 2 ? 2 : 10 };
  return { range: (_, low, high) => valueRange(low, high, scale) };
}

const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** @param {Scale} scale @param {number} index @returns {uPlot.Axis} */
function valueAxis(scale, index) {
  return {
    scale: scale.key,
    side: scale.right ? 1 : 3,
    show: !scale.hidden,
    stroke: css("--text-2"),
    font: FONT,
    gap: 6,
    label: scale.label || undefined,
    labelSize: 16,
    labelFont: FONT,
    labelGap: 0,
    space: 34,
    incrs: increments(scale.unit),
    ticks: { show: false },
    grid: { show: index === 0, stroke: css("--grid"), width: 1 },
    border: { show: false },
    values: (_, splits) => {
      const present = splits.filter((split) => split !== null);
      const texts = axisTexts(present, scale.unit, scale.decimals);
      return splits.map((split) => (split === null ? "" : texts[present.indexOf(split)]));
    },
    size: (chart, texts) => {
      if (!texts) return 40;
      chart.ctx.save();
      chart.ctx.font = FONT;
      const widest = Math.max(0, ...texts.map((text) => chart.ctx.measureText(text ?? "").width));
      chart.ctx.restore();
      return Math.max(30, Math.ceil(widest) + 14);
    },
  };
}

/**
 * @param {{ lines: Line[], scales: Scale[], range: () => { from: number, to: number }, syncKey?: string, timeAxis?: boolean }} chart
 * @param {{ width: number, height: number }} size
 * @param {uPlot.Plugin[]} plugins
 * @param {((from: number, to: number) => void) | undefined} onZoom epoch seconds of the ends of what was dragged over
 * @returns {uPlot.Options}
 */
export function chartOptions({ lines, scales, range, syncKey, timeAxis = true }, size, plugins, onZoom) {
  /** @type {uPlot.Band[]} */
  const bands = [];
  let below = -1;
  lines.forEach((line, index) => {
    if (!line.stacked || !line.shown) return;
    if (below >= 0) bands.push({ series: [index + 1, below + 1] });
    below = index;
  });
  return {
    ...size,
    padding: [8, scales.some(({ right }) => right) ? 0 : 18, timeAxis ? 0 : 6, 0],
    legend: { show: false },
    focus: { alpha: 0.35 },
    cursor: {
      y: false,
      drag: { x: onZoom !== undefined, y: false, setScale: false },
      focus: { prox: 20 },
      points: { size: 7, width: 2 },
      ...(syncKey && {
        sync: { key: syncKey, setSeries: false, filters: { pub: (/** @type {string} */ type) => /mouse(enter|move|leave)/.test(type) } },
      }),
    },
    scales: {
      x: {
        time: true,
        range: () => {
          const { from, to } = range();
          return [from, to];
        },
      },
      ...Object.fromEntries(scales.map((scale) => [scale.key, valueScale(scale)])),
    },
    series: [{}, ...lines.map(series)],
    bands,
    axes: [
      {
        show: timeAxis,
        stroke: css("--text-2"),
        font: FONT,
        size: 22,
        gap: 5,
        space: 64,
        ticks: { show: false },
        grid: { stroke: css("--grid"), width: 1 },
        border: { show: false },
        values: (_, splits, __, ___, increment) => timeTicks(splits, increment),
      },
      ...scales.map(valueAxis),
    ],
    plugins,
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width > 5) onZoom?.(chart.posToVal(left, "x"), chart.posToVal(left + width, "x"));
          if (width > 0) chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}
