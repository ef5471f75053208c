/** Thresholds and value mappings: which colour and which words a value has. */

/** @typedef {import("./types.js").Thresholds} Thresholds */
/** @typedef {import("./types.js").FieldConfig} FieldConfig */
/** @typedef {import("./types.js").Mapping} Mapping */

/**
 * The steps as absolute values, ascending; the first is the base (−∞).
 * @param {FieldConfig} config
 * @param {{ min: number, max: number }} [bounds] what percentages are of
 * @returns {{ color: string, value: number }[]}
 */
export function absoluteSteps(config, bounds) {
  const thresholds = config.thresholds;
  if (!thresholds?.steps?.length) return [];
  const low = config.min ?? bounds?.min ?? 0;
  const high = config.max ?? bounds?.max ?? 100;
  return thresholds.steps
    .map(({ color, value }, index) => {
      if (value === null || value === undefined || index === 0) return { color, value: value ?? -Infinity };
      return { color, value: thresholds.mode === "percentage" ? low + ((high - low) * value) / 100 : value };
    })
    .sort((a, b) => a.value - b.value);
}

/**
 * @param {number | null} value
 * @param {FieldConfig} config
 * @param {{ min: number, max: number }} [bounds]
 * @returns {string | null} Grafana's name of the colour of the step the value is in
 */
export function thresholdColor(value, config, bounds) {
  const steps = absoluteSteps(config, bounds);
  if (!steps.length || value === null || Number.isNaN(value)) return null;
  let color = steps[0].color;
  for (const step of steps) if (value >= step.value) color = step.color;
  return color;
}

/**
 * @param {number | string | null} value
 * @param {Mapping[] | undefined} mappings
 * @returns {{ text?: string, color?: string } | null}
 */
export function mapped(value, mappings) {
  for (const { type, options } of mappings ?? []) {
    if (type === "value") {
      const found = options?.[String(value)];
      if (found) return found;
    } else if (type === "range" && typeof value === "number") {
      const { from, to, result } = options ?? {};
      if (value >= (from ?? -Infinity) && value <= (to ?? Infinity)) return result ?? null;
    } else if (type === "regex" && typeof value === "string") {
      const delimited = /^\/(.*)\/([gimsuy]*)$/s.exec(options?.pattern ?? "");
      const pattern = delimited ? new RegExp(delimited[1], delimited[2]) : new RegExp(`^(?:${options?.pattern ?? ""})$`);
      if (pattern.test(value)) return { ...options.result, text: options.result?.text && value.replace(pattern, options.result.text) };
    } else if (type === "special" && special(value, options?.match)) {
      return options.result ?? null;
    }
  }
  return null;
}

/** @param {number | string | null} value @param {string} match */
function special(value, match) {
  switch (match) {
    case "null":
      return value === null;
    case "nan":
      return typeof value === "number" && Number.isNaN(value);
    case "null+nan":
      return value === null || (typeof value === "number" && Number.isNaN(value));
    case "empty":
      return value === "";
    default:
      return false;
  }
}
