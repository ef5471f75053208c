/** Answers to queries as a table, with the transformations Grafana's table panels use most. */

import { fieldConfig } from "./fields.js";
import { sample } from "./frames.js";
import { paced } from "./pace.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").TableData} TableData */
/** @typedef {import("./types.js").TableColumn} TableColumn */
/** @typedef {string | number | null} Cell */
/** @typedef {{ names: string[], rows: Map<string, Cell>[], refIds: Map<string, string> }} Loose columns by name, before configuration */

/**
 * @param {Panel} panel
 * @param {import("./types.js").TargetResult[]} results
 * @returns {TableData}
 */
export function table(panel, results) {
  const several = results.length > 1;
  const loose = results.map((result) => one(result, several));
  let whole = several ? join(loose) : (loose[0] ?? { names: [], rows: [], refIds: new Map() });
  for (const { id, options, disabled } of panel.transformations ?? []) {
    if (!disabled) whole = TRANSFORMATIONS[id]?.(whole, options ?? {}) ?? whole;
  }
  return configured(panel, whole);
}

/**
 * The last sample of each series: its time, its labels and its value.
 * @param {import("./types.js").TargetResult} result
 * @param {boolean} several whether the value's column carries the query's letter, as Grafana does
 * @returns {Loose}
 */
function one({ target, series }, several) {
  const value = several ? `Value #${target.refId}` : "Value";
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = series.map(({ metric, values, value: single }) => {
    const [time, text] = single ?? values?.[values.length - 1] ?? [NaN, "NaN"];
    /** @type {Map<string, Cell>} */
    const row = new Map([["Time", time * 1000]]);
    for (const label of labels) row.set(label, metric[label] ?? "");
    return row.set(value, sample(text));
  });
  return { names: ["Time", ...labels, value], rows, refIds: new Map([[value, target.refId]]) };
}

/**
 * Rows with the same labels become one, each query's value in its own column.
 * @param {Loose[]} tables
 * @returns {Loose}
 */
function join(tables) {
  const values = new Set(tables.flatMap(({ refIds }) => [...refIds.keys()]));
  const labels = [...new Set(tables.flatMap(({ names }) => names))].filter((name) => !values.has(name) && name !== "Time" && name !== "__name__");
  /** @type {Map<string, Map<string, Cell>>} */
  const rows = new Map();
  for (const { rows: own } of tables) {
    for (const row of own) {
      const key = JSON.stringify(labels.map((label) => row.get(label) ?? ""));
      const merged = rows.get(key) ?? new Map();
      for (const [name, cell] of row) if (name !== "__name__") merged.set(name, cell);
      rows.set(key, merged);
    }
  }
  return { names: ["Time", ...labels, ...values], rows: [...rows.values()], refIds: new Map(tables.flatMap(({ refIds }) => [...refIds])) };
}

/** @type {Record<string, (table: Loose, options: any) => Loose>} */
const TRANSFORMATIONS = {
  organize: (table, { excludeByName = {}, renameByName = {}, indexByName = {} }) => {
    const kept = table.names.filter((name) => !excludeByName[name]);
    const ordered = kept
      .map((name, index) => ({ name, index: indexByName[name] ?? 1000 + index }))
      .sort((a, b) => a.index - b.index)
      .map(({ name }) => name);
    const called = (/** @type {string} */ name) => renameByName[name] || name;
    return {
      names: ordered.map(called),
      rows: table.rows.map((row) => new Map(ordered.map((name) => [called(name), row.get(name) ?? null]))),
      refIds: new Map([...table.refIds].map(([name, refId]) => [called(name), refId])),
    };
  },
  sortBy: (table, { sort = [] }) => {
    const [{ field, desc }] = sort.length ? sort : [{ field: "", desc: false }];
    return field ? { ...table, rows: sortRows(table.rows, field, Boolean(desc)) } : table;
  },
  limit: (table, { limitField = 10 }) => ({ ...table, rows: table.rows.slice(0, Number(limitField)) }),
  filterFieldsByName: (table, { include, exclude }) => {
    const keeps = (/** @type {string} */ name) => {
      if (exclude?.names?.includes(name) || (exclude?.pattern && new RegExp(exclude.pattern).test(name))) return false;
      if (!include) return true;
      return Boolean(include.names?.includes(name) || (include.pattern && new RegExp(include.pattern).test(name)));
    };
    return { ...table, names: table.names.filter(keeps) };
  },
};

/**
 * @param {Map<string, Cell>[]} rows
 * @param {string} field
 * @param {boolean} descending
 */
function sortRows(rows, field, descending) {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(a.get(field) ?? null, b.get(field) ?? null));
}

/**
 * Order of cells: numbers by size, text by letter, nothing last.
 * @param {Cell} a
 * @param {Cell} b
 * @returns {number}
 */
export function compare(a, b) {
  const [emptyA, emptyB] = [a === null || Number.isNaN(a), b === null || Number.isNaN(b)];
  if (emptyA || emptyB) return Number(emptyA) - Number(emptyB);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** @param {Panel} panel @param {Loose} loose @returns {TableData} */
function configured(panel, loose) {
  /** @type {TableColumn[]} */
  const columns = loose.names.map((name) => {
    const kind = name === "Time" ? "time" : loose.rows.some((row) => typeof row.get(name) === "number") ? "number" : "string";
    return { name, kind, config: fieldConfig(panel.fieldConfig, { name, refId: loose.refIds.get(name), type: kind }) };
  });
  const shown = columns
    .filter(({ config }) => !config.custom?.hidden && !config.custom?.hideFrom?.viz)
    .map((column) => ({ column, ...paced(column.config, loose.rows.map((row) => number(row.get(column.name)))) }));
  const rows = loose.rows.map((row) => shown.map(({ column, factor }) => {
    const cell = row.get(column.name) ?? null;
    return factor !== 1 && typeof cell === "number" ? cell * factor : cell;
  }));
  return { columns: shown.map(({ column, config }) => ({ ...column, config, name: config.displayName || column.name })), rows };
}

/** @param {Cell | undefined} cell */
function number(cell) {
  return typeof cell === "number" ? cell : null;
}
