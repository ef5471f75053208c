/** The value of a stat or gauge at the end of the range: asked for itself, because the last whole step may be an hour before. */

/** @typedef {import("../api/types.js").SeriesResult} SeriesResult */
/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Target} Target */

const KINDS = new Set(["stat", "gauge"]);
const OF_THE_END = new Set(["lastNotNull", "last"]);

/** Whether a panel shows of each series the value that it ends with. @param {Panel} panel */
export function showsEnd(panel) {
  const { calcs, values } = panel.options?.reduceOptions ?? {};
  return KINDS.has(panel.type) && !values && OF_THE_END.has(calcs?.[0] ?? "lastNotNull");
}

/** Whether the past is drawn behind the value. @param {Panel} panel */
export function showsPast(panel) {
  return panel.type === "stat" && panel.options?.graphMode === "area";
}

/**
 * The series that are there at the end, each with its past before it, in the order of their labels as the past has it.
 * One that has ended is not shown as if it still were.
 * @param {SeriesResult[]} past the answer over the range
 * @param {SeriesResult[]} end the answer at its end
 * @returns {SeriesResult[]}
 */
export function withEnd(past, end) {
  const before = new Map(past.map(({ metric, values }) => [key(metric), values ?? []]));
  const ordered = [...end].sort((one, other) => (key(one.metric) < key(other.metric) ? -1 : 1));
  return ordered.map(({ metric, value }) => {
    if (!value) return { metric, values: [] };
    return { metric, values: [...(before.get(key(metric)) ?? []).filter(([time]) => time < value[0]), value] };
  });
}

/** @param {import("../api/types.js").Labels} labels */
function key(labels) {
  return JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
}
