/** A field's configuration: the panel's defaults with the overrides that match. */

/** @typedef {import("./types.js").FieldConfig} FieldConfig */
/** @typedef {import("./types.js").Override} Override */
/** @typedef {{ name: string, refId?: string, type: "number" | "string" | "time" }} Field */

/** @type {Record<string, (options: any, field: Field) => boolean>} */
const MATCHERS = {
  byName: (name, field) => field.name === name,
  byRegexp: (pattern, field) => regex(pattern).test(field.name),
  byType: (type, field) => field.type === type,
  byFrameRefID: (refId, field) => field.refId === refId,
  byNames: (options, field) => (options?.mode === "exclude") !== (options?.names ?? []).includes(field.name),
};

/** @param {string} text `/pattern/flags` or a pattern for the whole */
function regex(text) {
  const delimited = /^\/(.*)\/([gimsuy]*)$/s.exec(text);
  return delimited ? new RegExp(delimited[1], delimited[2].replace("g", "")) : new RegExp(`^(?:${text})$`);
}

/**
 * @param {{ defaults?: FieldConfig, overrides?: Override[] } | undefined} source
 * @param {Field} field
 * @returns {FieldConfig}
 */
export function fieldConfig(source, field) {
  /** @type {FieldConfig} */
  const config = { ...source?.defaults, custom: { ...source?.defaults?.custom } };
  for (const { matcher, properties } of source?.overrides ?? []) {
    if (!MATCHERS[matcher?.id]?.(matcher.options, field)) continue;
    for (const { id, value } of properties ?? []) assign(config, id, value);
  }
  return config;
}

/**
 * Sets `custom.lineStyle.fill` and its like; objects on the way are copied, because the defaults are shared.
 * @param {Record<string, any>} target
 * @param {string} path
 * @param {any} value
 */
function assign(target, path, value) {
  const keys = path.split(".");
  let at = target;
  for (const key of keys.slice(0, -1)) {
    at[key] = { ...at[key] };
    at = at[key];
  }
  at[keys[keys.length - 1]] = value;
}
