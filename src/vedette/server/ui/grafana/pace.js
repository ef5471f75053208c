/** Rates of things that are rare: told by the minute or the hour, all that are compared with one another alike. */

/** @typedef {import("./types.js").FieldConfig} FieldConfig */
/** @typedef {import("./types.js").Frame} Frame */

/** Grafana's ids for things in a second, and what it calls the things. @type {Record<string, string>} */
const THINGS = { ops: "ops", reqps: "req", rps: "rd", wps: "wr", iops: "io", cps: "c", eps: "evt", mps: "msg", recps: "rec", rowsps: "rows" };

/** How often in the time, from which rate a second on. */
const PACES = [
  { least: 1, factor: 1, time: "s" },
  { least: 1 / 60, factor: 60, time: "min" },
  { least: 0, factor: 3600, time: "h" },
];

/**
 * How values are told that are seen together. Nothing at all is told by the second, as what is frequent.
 * @param {FieldConfig} config
 * @param {Iterable<number | null>} values
 * @returns {{ config: FieldConfig, factor: number }} what to multiply each value with, and how it is shown then
 */
export function paced(config, values) {
  const things = THINGS[config.unit ?? ""];
  if (!things || config.mappings?.length) return { config, factor: 1 };
  let most = 0;
  for (const value of values) if (value !== null && Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  const { factor, time } = PACES.find(({ least }) => most > 0 && most * (1 + 5e-7) >= least) ?? PACES[0];
  return { config: factor === 1 ? config : scaled(config, factor, `count:${things}/${time}`), factor };
}

/** @param {FieldConfig} config @param {number} factor @param {string} unit @returns {FieldConfig} */
function scaled(config, factor, unit) {
  const times = (/** @type {any} */ value) => (typeof value === "number" ? value * factor : value);
  const { thresholds, custom } = config;
  return {
    ...config,
    unit,
    min: times(config.min),
    max: times(config.max),
    thresholds: thresholds?.mode === "absolute" ? { ...thresholds, steps: thresholds.steps.map((step) => ({ ...step, value: times(step.value) })) } : thresholds,
    custom: custom && { ...custom, axisSoftMin: times(custom.axisSoftMin), axisSoftMax: times(custom.axisSoftMax) },
  };
}

/**
 * The series of a panel, those of one unit told alike.
 * @param {Frame[]} frames
 * @returns {Frame[]}
 */
export function pacedFrames(frames) {
  if (!frames.some(({ config }) => THINGS[config.unit ?? ""])) return frames;
  return frames.map((frame) => {
    const same = frames.filter(({ config }) => config.unit === frame.config.unit);
    const { config, factor } = paced(frame.config, same.flatMap(({ values }) => values));
    return factor === 1 ? frame : { ...frame, config, values: frame.values.map((value) => (value === null ? null : value * factor)) };
  });
}
