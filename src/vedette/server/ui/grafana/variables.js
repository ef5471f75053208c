/** Template variables: what they can be, what is selected, and putting them into queries and titles. */

/** @typedef {import("./types.js").Variable} Variable */
/** @typedef {import("./types.js").VariableState} VariableState */
/** @typedef {Record<string, string | string[]>} Scope values by variable name; a list is a selection of several */

/** What the URL and Grafana call "all of them". */
export const ALL = "$__all";

const REFERENCE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.[^:^}]+)?(?::([^}]+))?\}/g;

/**
 * @typedef {{ kind: "label_values", label: string, selector: string }
 *   | { kind: "label_names", selector: string }
 *   | { kind: "metrics", pattern: string }
 *   | { kind: "query_result", query: string }
 *   | { kind: "series", selector: string }} VariableQuery
 */

/**
 * @param {Variable} variable of type `query`
 * @returns {string} the text of its query, wherever the schema version keeps it
 */
export function queryText(variable) {
  const query = variable.query;
  if (typeof query === "string" && query) return query;
  if (query && typeof query === "object" && typeof query.query === "string") return query.query;
  return variable.definition ?? "";
}

/**
 * Reads a query of Grafana's Prometheus variables.
 * @param {string} text
 * @returns {VariableQuery}
 */
export function parseQuery(text) {
  const query = text.trim();
  const values = /^label_values\((?:(.+),\s*)?([a-zA-Z_][\w.]*)\s*\)$/s.exec(query);
  if (values) return { kind: "label_values", selector: (values[1] ?? "").trim(), label: values[2] };
  const names = /^label_names\((.*)\)$/s.exec(query);
  if (names) return { kind: "label_names", selector: names[1].trim() };
  const metrics = /^metrics\((.*)\)$/s.exec(query);
  if (metrics) return { kind: "metrics", pattern: metrics[1].trim() };
  const result = /^query_result\((.*)\)$/s.exec(query);
  if (result) return { kind: "query_result", query: result[1].trim() };
  return { kind: "series", selector: query };
}

/**
 * The options of a variable that needs no query.
 * @param {Variable} variable
 * @returns {{ text: string, value: string }[]}
 */
export function staticOptions(variable) {
  const text = typeof variable.query === "string" ? variable.query : "";
  if (variable.type === "constant" || variable.type === "textbox") return [{ text, value: text }];
  if (variable.type === "datasource") return [{ text: "vedette", value: "vedette" }];
  if (variable.options?.length) return variable.options.filter(({ value }) => value !== ALL).map(({ text: shown, value }) => ({ text: String(shown), value: String(value) }));
  return text
    .split(/(?<!\\),/)
    .map((part) => part.replaceAll("\\,", ",").trim())
    .filter(Boolean)
    .map((part) => {
      const pair = /^(.+?)\s:\s(.+)$/.exec(part);
      return pair ? { text: pair[1], value: pair[2] } : { text: part, value: part };
    });
}

/**
 * The values a query gave, through the variable's regex (named groups `text` and `value`, or the first group) and sorted.
 * @param {string[]} values
 * @param {Variable} variable
 * @returns {{ text: string, value: string }[]}
 */
export function queriedOptions(values, variable) {
  /** @type {Map<string, { text: string, value: string }>} */
  const found = new Map();
  const delimited = /^\/(.*)\/([gimsuy]*)$/s.exec(variable.regex ?? "");
  const pattern = variable.regex ? new RegExp(delimited ? delimited[1] : variable.regex, delimited ? delimited[2].replace("g", "") : "") : null;
  for (const candidate of values) {
    let option = { text: candidate, value: candidate };
    if (pattern) {
      const match = pattern.exec(candidate);
      if (!match) continue;
      const value = match.groups?.value ?? match.groups?.text ?? match[1] ?? match[0];
      option = { text: match.groups?.text ?? value, value };
    }
    if (!found.has(option.value)) found.set(option.value, option);
  }
  return sorted([...found.values()], variable.sort ?? 0);
}

/**
 * Grafana's sort numbers: 0 none, 1/2 alphabetical, 3/4 numerical, 5/6 alphabetical without case, even ones descending.
 * @param {{ text: string, value: string }[]} options
 * @param {number} sort
 */
function sorted(options, sort) {
  if (!sort) return options;
  const number = (/** @type {string} */ text) => Number(/-?\d+(\.\d+)?/.exec(text)?.[0] ?? NaN);
  const ordered = [...options].sort((a, b) => {
    if (sort === 3 || sort === 4) return number(a.text) - number(b.text);
    if (sort >= 5) return a.text.toLowerCase().localeCompare(b.text.toLowerCase());
    return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  });
  return sort % 2 === 0 ? ordered.reverse() : ordered;
}

/**
 * What is selected: the URL's word, else the dashboard's default, else the first option (or All).
 * A value from the URL is kept though it is not offered (now); a default is kept only while it is offered.
 * @param {Variable} variable
 * @param {{ text: string, value: string }[]} options
 * @param {string[]} fromUrl values of `var-<name>`
 * @returns {string[]}
 */
export function select(variable, options, fromUrl) {
  const wanted = fromUrl.filter((value) => value !== "" || variable.type === "textbox");
  if (wanted.length) {
    if (wanted.some((value) => value === ALL || value === "All")) return [ALL];
    return variable.multi ? wanted : wanted.slice(0, 1);
  }
  const current = [variable.current?.value ?? []].flat().map(String);
  if (variable.includeAll && current.includes(ALL)) return [ALL];
  const offered = current.filter((value) => value !== "" && options.some((option) => option.value === value));
  if (offered.length) return variable.multi ? offered : offered.slice(0, 1);
  if (variable.type === "textbox" && current.length) return current.slice(0, 1);
  if (variable.includeAll) return [ALL];
  return options.slice(0, 1).map(({ value }) => value);
}

/**
 * What the selected values put into queries.
 * @param {VariableState} state
 * @returns {string | string[]}
 */
export function scopeValue({ variable, options, selected }) {
  if (selected.includes(ALL)) {
    if (variable.allValue) return variable.allValue;
    return options.length ? options.map(({ value }) => value) : ".*";
  }
  return variable.multi || variable.includeAll ? selected : (selected[0] ?? "");
}

/**
 * @param {VariableState[]} states
 * @returns {Scope}
 */
export function scopeOf(states) {
  return Object.fromEntries(states.map((state) => [state.variable.name, scopeValue(state)]));
}

/**
 * What the selected values are called in titles and texts.
 * @param {VariableState[]} states
 * @returns {Scope}
 */
export function textScopeOf(states) {
  const shown = (/** @type {VariableState} */ { options, selected }) =>
    selected.map((value) => (value === ALL ? "All" : (options.find((option) => option.value === value)?.text ?? value)));
  return Object.fromEntries(states.map((state) => [state.variable.name, shown(state)]));
}

/** @param {string} text @returns {string} the names of the variables used */
export function references(text) {
  return [...text.matchAll(REFERENCE)].map((match) => match[1] ?? match[2] ?? match[4]).join(" ");
}

/**
 * Puts variables into a PromQL expression. One of several or All is written as a regular expression, a single value is
 * escaped for a quoted string, `${x:format}` says otherwise. Unknown names stay, so that the error shows them.
 * @param {string} text
 * @param {Scope} scope
 * @returns {string}
 */
export function interpolate(text, scope) {
  return replace(text, scope, queryForm);
}

/**
 * Puts variables into a title or a text: several are listed.
 * @param {string} text
 * @param {Scope} scope
 * @returns {string}
 */
export function interpolateText(text, scope) {
  return replace(text, scope, (value) => [value].flat().join(", "));
}

/**
 * @param {string} text
 * @param {Scope} scope
 * @param {(value: string | string[]) => string} form
 */
function replace(text, scope, form) {
  return text.replace(REFERENCE, (whole, bare, bracket, bracketFormat, brace, braceFormat) => {
    const value = scope[bare ?? bracket ?? brace];
    if (value === undefined) return whole;
    const format = bracketFormat ?? braceFormat;
    return format ? formatted(value, format) : form(value);
  });
}

/** @param {string | string[]} value @returns {string} */
function queryForm(value) {
  if (typeof value === "string") return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  const escaped = value.map(regexInString);
  return escaped.length === 1 ? escaped[0] : `(${escaped.join("|")})`;
}

/** A literal, escaped for a regular expression inside a quoted PromQL string. @param {string} value */
function regexInString(value) {
  return value.replace(/[\\^$*+?.()|[\]{}"]/g, (character) => (character === '"' ? '\\"' : `\\\\${character === "\\" ? "\\\\" : character}`));
}

/**
 * Grafana's `${name:format}`.
 * @param {string | string[]} value
 * @param {string} format
 * @returns {string}
 */
function formatted(value, format) {
  const list = [value].flat();
  switch (format) {
    case "raw":
    case "csv":
    case "text":
      return list.join(",");
    case "pipe":
      return list.join("|");
    case "regex": {
      const escaped = list.map((item) => item.replace(/[\\^$*+?.()|[\]{}]/g, "\\$&"));
      return escaped.length === 1 ? escaped[0] : `(${escaped.join("|")})`;
    }
    case "doublequote":
      return list.map((item) => `"${item.replaceAll('"', '\\"')}"`).join(",");
    case "singlequote":
      return list.map((item) => `'${item.replaceAll("'", "\\'")}'`).join(",");
    case "json":
      return JSON.stringify(value);
    case "percentencode":
      return encodeURIComponent(list.join(","));
    default:
      return list.join(",");
  }
}

/**
 * Variables in the order in which they can be asked: one that another's query uses comes first.
 * @param {Variable[]} variables
 * @returns {Variable[]}
 */
export function inOrder(variables) {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  /** @type {Set<Variable>} */
  const done = new Set();
  /** @param {Variable} variable @param {Variable[]} path */
  const visit = (variable, path) => {
    if (done.has(variable) || path.includes(variable)) return;
    for (const name of references(queryText(variable)).split(" ")) {
      const needed = byName.get(name);
      if (needed) visit(needed, [...path, variable]);
    }
    done.add(variable);
  };
  for (const variable of variables) visit(variable, []);
  return [...done];
}
