/** Single events behind a panel's series: as many as can be told apart, the greatest of each moment first. */

/** @typedef {import("../api/types.js").ExemplarSeries} ExemplarSeries */
/** @typedef {{ time: number, value: number, labels: Record<string, string>, series: Record<string, string> }} Exemplar */

/**
 * @param {ExemplarSeries[]} found
 * @param {{ start: number, end: number }} window epoch seconds
 * @param {number} [slots] moments told apart
 * @returns {Exemplar[]} in the order of time, one a moment
 */
export function thinned(found, { start, end }, slots = 60) {
  /** @type {Map<number, Exemplar>} */
  const best = new Map();
  for (const { seriesLabels, exemplars } of found) {
    for (const { labels, value, timestamp } of exemplars) {
      const number = Number(value);
      if (!Number.isFinite(number) || timestamp < start || timestamp > end) continue;
      const slot = Math.floor(((timestamp - start) / (end - start || 1)) * slots);
      const known = best.get(slot);
      if (!known || number > known.value) best.set(slot, { time: timestamp, value: number, labels, series: seriesLabels });
    }
  }
  return [...best.values()].sort((a, b) => a.time - b.time);
}

/**
 * @param {Record<string, string>} labels of an exemplar
 * @param {string} pattern with `{trace_id}`; empty where nobody says where traces are
 * @returns {string} where its trace is shown, empty where it has none
 */
export function traceAddress(labels, pattern) {
  const id = labels.trace_id ?? labels.traceID ?? labels.traceId ?? "";
  return id && pattern ? pattern.replaceAll("{trace_id}", encodeURIComponent(id)) : "";
}
