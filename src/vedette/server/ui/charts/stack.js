/** Columns put on top of each other. */

/** @typedef {(number | null)[]} Column */

/**
 * @param {Column[]} columns
 * @param {boolean[]} shown columns that are not shown do not lift the others
 * @param {boolean} percent every moment adds up to 1
 * @returns {Column[]} a gap in one column stays a gap there and lifts nothing
 */
export function stacked(columns, shown, percent) {
  const length = columns[0]?.length ?? 0;
  const totals = new Array(length).fill(0);
  if (percent) columns.forEach((column, index) => shown[index] && column.forEach((value, at) => (totals[at] += Math.abs(value ?? 0))));
  const height = new Array(length).fill(0);
  return columns.map((column, index) => {
    if (!shown[index]) return column;
    return column.map((value, at) => {
      if (value === null) return null;
      height[at] += percent ? (totals[at] ? value / totals[at] : 0) : value;
      return height[at];
    });
  });
}
