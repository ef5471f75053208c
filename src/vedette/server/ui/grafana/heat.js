/** The buckets of a histogram over time as cells: how much fell between one bound and the next. */

import { sample } from "./frames.js";

/** @typedef {import("./types.js").TargetResult} TargetResult */
/** @typedef {{ times: number[], step: number, bounds: number[], cells: (number | null)[][], most: number }} Heat `cells[row][column]`; row `r` ends at `bounds[r]` and begins at the bound before, the first at `floor` */

/**
 * Counts of Prometheus hold all smaller buckets, so each cell is a difference. Rows above and below of which all are
 * empty are left out but for one.
 * @param {TargetResult[]} results
 * @returns {Heat & { floor: number }}
 */
export function heatOf(results) {
  const { series, window } = results[0] ?? { series: [], window: null };
  /** @type {Map<number, Map<number, number>>} */
  const byBound = new Map();
  for (const { metric, values = [] } of series) {
    const bound = sample(metric.le ?? "");
    if (Number.isNaN(bound)) continue;
    const column = byBound.get(bound) ?? new Map();
    for (const [time, text] of values) {
      const value = sample(text);
      if (Number.isFinite(value)) column.set(time, (column.get(time) ?? 0) + value);
    }
    byBound.set(bound, column);
  }
  const all = [...byBound.keys()].sort((a, b) => a - b);
  const times = [...new Set([...byBound.values()].flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  const rows = all.map((bound, index) =>
    times.map((time) => {
      const upTo = byBound.get(bound)?.get(time);
      if (upTo === undefined) return null;
      const below = index ? (byBound.get(all[index - 1])?.get(time) ?? 0) : 0;
      return Math.max(0, upTo - below);
    }),
  );
  const used = rows.map((row) => row.some((value) => value !== null && value > 0));
  const first = Math.max(0, used.indexOf(true) - 1);
  const last = Math.min(rows.length - 1, used.lastIndexOf(true) + 1);
  const [from, to] = used.includes(true) ? [first, last + 1] : [0, rows.length];
  const cells = rows.slice(from, to);
  return {
    times,
    step: window?.step ?? (times[1] ?? 60) - (times[0] ?? 0),
    floor: from > 0 ? all[from - 1] : Math.min(0, all[0] ?? 0),
    bounds: all.slice(from, to),
    cells,
    most: Math.max(0, ...cells.flat().map((value) => value ?? 0)),
  };
}

/**
 * How strong a cell is, 0 to 1: the root shows what is rare beside what is common.
 * @param {number} value
 * @param {number} most
 * @param {number} [exponent]
 */
export function strength(value, most, exponent = 0.5) {
  return most > 0 ? Math.min(1, (value / most) ** exponent) : 0;
}

/**
 * Where a value stands on the axis of rows, each of which is as high as the others.
 * @param {number} value
 * @param {{ floor: number, bounds: number[] }} heat
 * @returns {number} 0 at the foot
 */
export function rowOf(value, { floor, bounds }) {
  const row = bounds.findIndex((bound) => value <= bound);
  if (row < 0) return bounds.length;
  const low = row ? bounds[row - 1] : floor;
  if (value <= low) return row;
  return Number.isFinite(bounds[row]) ? row + (value - low) / (bounds[row] - low) : row + 0.5;
}
