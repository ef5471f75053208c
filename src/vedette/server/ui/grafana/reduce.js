/** Grafana's calculations: one number from a series, for stats, gauges and legends. */

/** @typedef {(number | null)[]} Values */

/** @type {Record<string, { title: string, of: (values: number[], all: Values) => number | null }>} */
const CALCULATIONS = {
  lastNotNull: { title: "Last", of: (values) => values[values.length - 1] },
  last: { title: "Last", of: (_, all) => all[all.length - 1] },
  firstNotNull: { title: "First", of: (values) => values[0] },
  first: { title: "First", of: (_, all) => all[0] },
  min: { title: "Min", of: (values) => least(values) },
  max: { title: "Max", of: (values) => most(values) },
  mean: { title: "Mean", of: (values) => sum(values) / values.length },
  median: { title: "Median", of: (values) => percentile(values, 0.5) },
  sum: { title: "Total", of: sum },
  count: { title: "Count", of: (values) => values.length },
  range: { title: "Range", of: (values) => most(values) - least(values) },
  diff: { title: "Difference", of: (values) => values[values.length - 1] - values[0] },
  diffperc: { title: "Difference %", of: (values) => (values[values.length - 1] - values[0]) / values[0] },
  delta: { title: "Delta", of: increase },
  step: { title: "Step", of: (values) => least(values.slice(1).map((value, index) => value - values[index])) },
  stdDev: { title: "StdDev", of: (values) => Math.sqrt(variance(values)) },
  variance: { title: "Variance", of: variance },
  logmin: { title: "Min above zero", of: (values) => least(values.filter((value) => value > 0)) },
};

/**
 * @param {string} id Grafana's name, or `p95` and its like
 * @param {Values} values
 * @returns {number | null} null when there is nothing to calculate from
 */
export function reduce(id, values) {
  const present = /** @type {number[]} */ (values.filter((value) => value !== null && !Number.isNaN(value)));
  if (!present.length) return id === "count" || id === "sum" ? 0 : null;
  const quantile = /^p(\d{1,2})$/.exec(id);
  if (quantile) return percentile(present, Number(quantile[1]) / 100);
  return (CALCULATIONS[id] ?? CALCULATIONS.lastNotNull).of(present, values);
}

/** @param {string} id @returns {string} how a legend heads the calculation */
export function title(id) {
  return CALCULATIONS[id]?.title ?? id;
}

/** Whether the result is in the unit of the values (a count is not). @param {string} id */
export function keepsUnit(id) {
  return id !== "count" && id !== "diffperc";
}

/** @param {number[]} values */
function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** @param {number[]} values */
function least(values) {
  return values.reduce((found, value) => (value < found ? value : found), Infinity);
}

/** @param {number[]} values */
function most(values) {
  return values.reduce((found, value) => (value > found ? value : found), -Infinity);
}

/** @param {number[]} values */
function variance(values) {
  const mean = sum(values) / values.length;
  return sum(values.map((value) => (value - mean) ** 2)) / values.length;
}

/** Growth of a counter, resets counted from zero. @param {number[]} values */
function increase(values) {
  let total = 0;
  for (let index = 1; index < values.length; index += 1) {
    const step = values[index] - values[index - 1];
    total += step >= 0 ? step : values[index];
  }
  return total;
}

/** Linear between ranks. @param {number[]} values @param {number} share */
function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = Math.floor(rank);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (rank - low);
}
