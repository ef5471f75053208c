/** The samples of an annotation's query as stretches of time. */

import { legend } from "./legend.js";

/** @typedef {import("./types.js").Annotation} Annotation */
/** @typedef {import("./types.js").Region} Region */

/** More than this are not told apart on a chart. */
const MOST = 200;

/**
 * Consecutive samples of a series are one stretch; a missing step ends it.
 * @param {Annotation} annotation
 * @param {import("../api/types.js").SeriesResult[]} series
 * @param {number} step seconds
 * @returns {Region[]} in the order of time
 */
export function regionsOf(annotation, series, step) {
  /** @type {Region[]} */
  const found = [];
  if (annotation.useValueForTime) return momentsOf(annotation, series);
  for (const { metric, values = [] } of series) {
    const title = legend(annotation.titleFormat ?? "", metric) || annotation.name;
    const text = legend(annotation.textFormat ?? "", metric);
    let last = -Infinity;
    for (const [time] of values) {
      if (time - last > step * 1.5) found.push({ from: time, to: time, title, text, color: annotation.iconColor ?? "red" });
      found[found.length - 1].to = time;
      last = time;
    }
  }
  return found.sort((a, b) => a.from - b.from).slice(0, MOST);
}

/**
 * Values that are times, in milliseconds: each is marked once, however many samples repeat it.
 * @param {Annotation} annotation
 * @param {import("../api/types.js").SeriesResult[]} series
 * @returns {Region[]}
 */
function momentsOf(annotation, series) {
  /** @type {Map<string, Region>} */
  const found = new Map();
  for (const { metric, values = [] } of series) {
    const title = legend(annotation.titleFormat ?? "", metric) || annotation.name;
    const text = legend(annotation.textFormat ?? "", metric);
    for (const at of new Set(values.map(([, value]) => Number(value) / 1000))) {
      if (Number.isFinite(at)) found.set(`${at} ${title}`, { from: at, to: at, title, text, color: annotation.iconColor ?? "blue", moment: true });
    }
  }
  return [...found.values()].sort((a, b) => a.from - b.from).slice(-MOST);
}
