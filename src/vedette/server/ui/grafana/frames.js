/** Answers to queries as named, coloured and configured series, and those as the columns that a chart takes. */

import { color, paletteColor } from "./colors.js";
import { fieldConfig } from "./fields.js";
import { names } from "./legend.js";
import { reduce } from "./reduce.js";
import { thresholdColor } from "./thresholds.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").TargetResult} TargetResult */

/** @param {string} text a sample as the API writes it: `NaN`, `+Inf` and `-Inf` too */
export function sample(text) {
  if (text === "+Inf" || text === "Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return Number(text);
}

/**
 * @param {Panel} panel
 * @param {TargetResult[]} results
 * @param {(text: string) => string} fill puts variables into legends and names
 * @returns {Frame[]}
 */
export function frames(panel, results, fill) {
  /** @type {Frame[]} */
  const all = [];
  for (const { target, series } of results) {
    const called = names(fill(target.legendFormat ?? ""), series.map(({ metric }) => metric), target.expr ?? "");
    series.forEach(({ metric, values, value }, index) => {
      const samples = values ?? (value ? [value] : []);
      const config = fieldConfig(panel.fieldConfig, { name: called[index], refId: target.refId, type: "number" });
      const numbers = samples.map(([, text]) => sample(text));
      all.push({
        refId: target.refId,
        name: config.displayName ? displayName(fill(config.displayName), metric, called[index]) : called[index],
        labels: metric,
        times: samples.map(([time]) => time),
        values: numbers,
        config,
        color: seriesColor(config, numbers, all.length),
      });
    });
  }
  return all;
}

/**
 * Grafana's display names: `${__field.labels.route}`, `${__series.name}`.
 * @param {string} template
 * @param {Record<string, string>} labels
 * @param {string} name
 */
function displayName(template, labels, name) {
  return template
    .replace(/\$\{__field\.labels\.(\w+)\}/g, (_, label) => labels[label] ?? "")
    .replace(/\$\{__(?:field|series)\.(?:name|displayName)\}/g, () => name);
}

/**
 * @param {import("./types.js").FieldConfig} config
 * @param {(number | null)[]} values
 * @param {number} index
 * @returns {string} CSS text
 */
function seriesColor(config, values, index) {
  const mode = config.color?.mode ?? "palette-classic";
  if ((mode === "fixed" || mode === "shades") && config.color?.fixedColor) return color(config.color.fixedColor);
  if (mode === "thresholds") {
    const last = reduce("lastNotNull", values);
    return color(thresholdColor(last, config, { min: reduce("min", values) ?? 0, max: reduce("max", values) ?? 100 }) ?? "green");
  }
  return paletteColor(index);
}

/**
 * Frames side by side on one time axis. Every step of every query's grid is there, so a missing sample is a gap.
 * Infinite values and NaN are gaps as well.
 * @param {Frame[]} all
 * @param {TargetResult[]} results
 * @returns {{ times: number[], columns: (number | null)[][] }}
 */
export function aligned(all, results) {
  /** @type {Set<number>} */
  const grid = new Set();
  for (const { window } of results) {
    if (window) for (let time = window.start; time <= window.end + 1e-6; time += window.step) grid.add(Math.round(time * 1000) / 1000);
  }
  for (const frame of all) for (const time of frame.times) grid.add(time);
  const times = [...grid].sort((a, b) => a - b);
  const place = new Map(times.map((time, index) => [time, index]));
  const columns = all.map((frame) => {
    /** @type {(number | null)[]} */
    const column = new Array(times.length).fill(null);
    frame.times.forEach((time, index) => {
      const value = frame.values[index];
      column[/** @type {number} */ (place.get(time))] = value !== null && Number.isFinite(value) ? value : null;
    });
    return column;
  });
  return { times, columns };
}
