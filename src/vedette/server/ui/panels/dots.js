/** The exemplars of a panel's answers as dots of its chart. */

import { summary } from "../app/summary.js";
import { traceAddress } from "../grafana/exemplars.js";

/**
 * @param {import("../grafana/types.js").TargetResult[]} results
 * @param {string} unit
 * @returns {import("../charts/dots.js").Dot[]}
 */
export function dotsOf(results, unit) {
  return results
    .flatMap(({ exemplars = [] }) => exemplars)
    .map(({ time, value, labels, series }) => ({
      time,
      value,
      at: value,
      unit,
      href: traceAddress(labels, summary.value?.trace_url ?? ""),
      words: Object.entries({ ...labels, ...series })
        .filter(([name]) => !["__name__", "le", "span_id", "job", "instance"].includes(name))
        .map(([name, text]) => `${name}: ${text}`)
        .join("\n"),
    }));
}
