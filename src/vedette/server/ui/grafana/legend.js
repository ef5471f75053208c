/** The names of series: Grafana's legend templates, and the shortest name that tells series apart. */

import { reduce } from "./reduce.js";

/** @typedef {import("../api/types.js").Labels} Labels */
/** @typedef {import("./types.js").Frame} Frame */

/** What Grafana calls calculations, where its JSON says what a legend is sorted by. */
const CALLED = /** @type {Record<string, string>} */ ({ "Last *": "lastNotNull", "First *": "firstNotNull", Last: "last", First: "first", Min: "min", Max: "max", Mean: "mean", Median: "median", Total: "sum", Count: "count", Range: "range" });

/** @param {string | undefined} word @returns {string} the calculation's id, `Name`, or nothing */
export function sortedBy(word) {
  return word ? (CALLED[word] ?? word) : "";
}

/**
 * Frames in the order of a legend; those without a value come last, equals stay as they were. What is dashed is a
 * measure for the others, such as last week or a limit, and comes after them.
 * @param {Frame[]} frames
 * @param {string} by the id of a calculation, `Name`, or nothing for the order of the answer
 * @param {boolean} descending
 * @returns {Frame[]}
 */
export function legendOrder(frames, by, descending) {
  if (!by) return frames;
  const dashed = (/** @type {Frame} */ { config }) => config.custom?.lineStyle?.fill === "dash";
  if (frames.some(dashed) && !frames.every(dashed)) {
    return [frames.filter((frame) => !dashed(frame)), frames.filter(dashed)].flatMap((part) => legendOrder(part, by, descending));
  }
  const sign = descending ? -1 : 1;
  if (by === "Name") return [...frames].sort((one, other) => sign * one.name.localeCompare(other.name, "en", { numeric: true }));
  const values = new Map(frames.map((frame) => [frame, reduce(by, frame.values)]));
  return [...frames].sort((one, other) => {
    const [a, b] = [values.get(one) ?? null, values.get(other) ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (a === b ? 0 : a - b);
  });
}

/**
 * @param {string} template with `{{label}}`
 * @param {Labels} labels
 * @returns {string} an unknown label becomes nothing, as in Grafana
 */
export function legend(template, labels) {
  return template.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_, name) => labels[name] ?? "").trim();
}

/**
 * @param {Labels} labels
 * @returns {string} `name{a="b"}` as Prometheus prints a series
 */
export function seriesText(labels) {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.keys(rest).sort().map((key) => `${key}=${JSON.stringify(rest[key])}`);
  return pairs.length ? `${name}{${pairs.join(", ")}}` : name || "{}";
}

/**
 * Names for all series of one target. Without a template (or with Grafana's `__auto`) a series is called by the labels
 * in which the series differ, or by the expression when there is one series only.
 * @param {string | undefined} template
 * @param {Labels[]} all
 * @param {string} expression
 * @returns {string[]}
 */
export function names(template, all, expression) {
  if (template && template !== "__auto") return all.map((labels) => legend(template, labels) || seriesText(labels));
  if (all.length === 1) {
    const own = Object.keys(all[0]).filter((key) => key !== "__name__");
    return [own.length === 1 ? all[0][own[0]] : all[0].__name__ ?? expression];
  }
  const keys = [...new Set(all.flatMap((labels) => Object.keys(labels)))].sort();
  const differing = keys.filter((key) => new Set(all.map((labels) => labels[key])).size > 1);
  return all.map((labels) => {
    const shown = differing.filter((key) => labels[key] !== undefined);
    if (shown.length === 1) return labels[shown[0]];
    return shown.map((key) => `${key}=${labels[key]}`).join(", ") || seriesText(labels);
  });
}
