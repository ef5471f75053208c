/** A series read as one value, for stats and gauges: the number, its words and its colour. */

import { color } from "../grafana/colors.js";
import { paced } from "../grafana/pace.js";
import { keepsUnit, reduce } from "../grafana/reduce.js";
import { mapped, thresholdColor } from "../grafana/thresholds.js";
import { parts } from "../grafana/units.js";

/** @typedef {import("../grafana/types.js").Frame} Frame */
/** @typedef {{ value: number | null, prefix: string, text: string, suffix: string, color: string }} Reading */

/**
 * @param {Frame} frame
 * @param {string} calc
 * @returns {Reading}
 */
export function reading(frame, calc) {
  const told = reduce(calc, frame.values);
  const { config, factor } = keepsUnit(calc) ? paced(frame.config, [told]) : { config: frame.config, factor: 1 };
  const value = told === null ? null : told * factor;
  const mapping = mapped(value, config.mappings);
  const shown = keepsUnit(calc) ? parts(value, config.unit, config.decimals) : parts(value, "short");
  const mode = config.color?.mode ?? "thresholds";
  const bounds = { min: config.min ?? 0, max: config.max ?? 100 };
  const own = mode === "thresholds" ? color(thresholdColor(value, config, bounds) ?? "text") : frame.color;
  return {
    value,
    ...(mapping?.text ? { prefix: "", text: mapping.text, suffix: "" } : value === null && config.noValue ? { prefix: "", text: config.noValue, suffix: "" } : shown),
    color: mapping?.color ? color(mapping.color) : own,
  };
}

/**
 * @param {import("../grafana/types.js").Panel} panel
 * @returns {string} the calculation of a stat or gauge
 */
export function calculation(panel) {
  return panel.options?.reduceOptions?.calcs?.[0] ?? "lastNotNull";
}
