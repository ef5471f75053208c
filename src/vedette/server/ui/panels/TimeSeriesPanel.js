/** Series over time: lines, areas, bars or points, stacked or not, with limits and a legend. */

import { Plot } from "../charts/Plot.js";
import { stacked } from "../charts/stack.js";
import { aligned } from "../grafana/frames.js";
import { pacedFrames } from "../grafana/pace.js";
import { absoluteSteps } from "../grafana/thresholds.js";
import { html, useMemo, useState } from "../preact.js";
import { dataLinks } from "../grafana/links.js";
import { dotsOf } from "./dots.js";
import { Legend } from "./Legend.js";

/** @typedef {import("../grafana/types.js").Frame} Frame */
/** @typedef {import("../grafana/types.js").FieldConfig} FieldConfig */
/** @typedef {import("../charts/options.js").Line} Line */
/** @typedef {import("../charts/options.js").Scale} Scale */
/** @typedef {import("./props.js").PanelProps} PanelProps */

/** @param {PanelProps} props */
export function TimeSeriesPanel({ panel, frames, results, range, view, title }) {
  const [hidden, setHidden] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const options = panel.options ?? {};
  const drawn = useMemo(() => pacedFrames(frames.filter(({ config }) => !config.custom?.hideFrom?.viz)), [frames]);
  const { times, columns } = useMemo(() => aligned(drawn, results), [drawn, results]);
  const lines = useMemo(() => linesOf(drawn, columns, hidden), [drawn, columns, hidden]);
  const scales = useMemo(() => scalesOf(drawn, lines), [drawn, lines]);
  const limits = scales.map((scale) => ({
    scale: scale.key,
    style: firstOn(drawn, scale.key)?.custom?.thresholdsStyle?.mode ?? "off",
    steps: absoluteSteps(/** @type {FieldConfig} */ (firstOn(drawn, scale.key)), { min: 0, max: 100 }),
  }));
  const seconds = useMemo(() => ({ from: range.from / 1000, to: range.to / 1000 }), [range]);
  const dots = useMemo(() => dotsOf(results, firstOn(drawn, scales[0]?.key)?.unit ?? ""), [results, drawn, scales]);
  const leads = (/** @type {Frame} */ { config, labels }) => dataLinks(config.links, { labels, scope: view.textScope, time: view.time, range });
  const legend = options.legend ?? {};
  const showLegend = legend.showLegend !== false && legend.displayMode !== "hidden";

  return html`<div class=${`chart-with-legend legend-${legend.placement ?? "bottom"}`}>
    <${Plot}
      times=${times}
      lines=${lines}
      scales=${scales}
      range=${seconds}
      limits=${limits.filter(({ style }) => style !== "off")}
      regions=${view.regions}
      dots=${dots}
      hover=${{ mode: options.tooltip?.mode ?? "multi", sort: options.tooltip?.sort && options.tooltip.sort !== "none" ? options.tooltip.sort : "desc" }}
      syncKey=${view.syncKey}
      onZoom=${view.zoom}
      label=${`Chart of ${title || "this panel"}: ${drawn.length} series. The panel's menu shows it as a table.`}
    />
    ${showLegend && html`<${Legend} frames=${drawn} mode=${legend.displayMode ?? "list"} calcs=${legend.calcs ?? []} preset=${legend} hidden=${hidden} setHidden=${setHidden} leads=${leads} />`}
  </div>`;
}

/** Series of the same unit and side share a scale. @param {FieldConfig} config */
function scaleKey(config) {
  return `${config.unit ?? ""}/${config.custom?.axisPlacement === "right" ? "right" : ""}`;
}

/** @param {Frame[]} frames @param {string} key @returns {FieldConfig | undefined} */
function firstOn(frames, key) {
  return frames.find(({ config }) => scaleKey(config) === key)?.config;
}

/**
 * @param {Frame[]} frames
 * @param {(number | null)[][]} columns
 * @param {ReadonlySet<string>} hidden
 * @returns {Line[]}
 */
function linesOf(frames, columns, hidden) {
  const modes = frames.map(({ config }) => config.custom?.stacking?.mode ?? "none");
  const shown = frames.map(({ name }) => !hidden.has(name));
  const piled = stacked(columns, shown.map((on, index) => on && modes[index] !== "none"), modes.includes("percent"));
  return frames.map(({ name, color, config }, index) => {
    const custom = config.custom ?? {};
    const style = custom.drawStyle ?? "line";
    const isStacked = modes[index] !== "none";
    return {
      name,
      color,
      values: columns[index],
      drawn: isStacked && shown[index] ? piled[index] : columns[index],
      unit: config.unit ?? "",
      decimals: config.decimals,
      style,
      interpolation: custom.lineInterpolation,
      width: custom.lineWidth ?? 1.5,
      fill: custom.fillOpacity ?? (style === "bars" ? 60 : 0),
      dash: custom.lineStyle?.fill === "dash" ? (custom.lineStyle.dash ?? [8, 5]) : custom.lineStyle?.fill === "dot" ? [2, 4] : undefined,
      spanGaps: Boolean(custom.spanNulls),
      points: custom.showPoints === "always",
      scale: scaleKey(config),
      shown: shown[index],
      stacked: isStacked,
    };
  });
}

/**
 * @param {Frame[]} frames
 * @param {Line[]} lines
 * @returns {Scale[]}
 */
function scalesOf(frames, lines) {
  const keys = [...new Set(frames.map(({ config }) => scaleKey(config)))];
  return keys.map((key, index) => {
    const config = /** @type {FieldConfig} */ (firstOn(frames, key));
    const custom = config.custom ?? {};
    const own = lines.filter(({ scale }) => scale === key);
    const percent = custom.stacking?.mode === "percent";
    return {
      key,
      unit: percent ? "percentunit" : (config.unit ?? ""),
      decimals: config.decimals,
      min: config.min,
      max: percent ? 1 : config.max,
      softMin: custom.axisSoftMin,
      softMax: custom.axisSoftMax,
      zero: own.some(({ style, fill, stacked: isStacked }) => isStacked || style === "bars" || fill > 0),
      log: custom.scaleDistribution?.type === "log" ? (custom.scaleDistribution.log ?? 10) : undefined,
      right: custom.axisPlacement === "right" || (index === 1 && custom.axisPlacement !== "left"),
      hidden: custom.axisPlacement === "hidden" || index > 1,
      label: custom.axisLabel,
    };
  });
}

