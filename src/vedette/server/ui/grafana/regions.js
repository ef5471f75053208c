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
