/** The variables of a dashboard: asks for their values, in order, and picks the selected ones. */

import { message, prometheus, queryInstant } from "../api/client.js";
import { useTopics } from "../app/resource.js";
import { seriesText } from "../grafana/legend.js";
import { inOrder, interpolate, parseQuery, queriedOptions, queryText, scopeOf, select, staticOptions } from "../grafana/variables.js";
import { useEffect, useRef, useState } from "../preact.js";

/** @typedef {import("../grafana/types.js").Variable} Variable */
/** @typedef {import("../grafana/types.js").VariableState} VariableState */

/**
 * @param {Variable[]} variables
 * @param {URLSearchParams} params
 * @param {{ from: number, to: number }} range epoch milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<VariableState[]>}
 */
async function resolve(variables, params, range, signal) {
  /** @type {VariableState[]} */
  const states = [];
  for (const variable of inOrder(variables)) {
    /** @type {{ text: string, value: string }[]} */
    let options = [];
    let error;
    if (variable.type === "query") {
      try {
        const query = interpolate(queryText(variable), scopeOf(states));
        options = queriedOptions(await values(query, range, signal), variable);
      } catch (caught) {
        signal.throwIfAborted();
        error = message(caught);
      }
    } else {
      options = staticOptions(variable);
    }
    states.push({ variable, options, selected: select(variable, options, params.getAll(`var-${variable.name}`)), error });
  }
  return variables.map((variable) => /** @type {VariableState} */ (states.find((state) => state.variable === variable)));
}

/**
 * @param {string} query
 * @param {{ from: number, to: number }} range
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
async function values(query, range, signal) {
  const parsed = parseQuery(query);
  const search = new URLSearchParams({ start: String(range.from / 1000), end: String(range.to / 1000) });
  switch (parsed.kind) {
    case "label_values":
      if (parsed.selector) search.append("match[]", parsed.selector);
      return prometheus(`label/${encodeURIComponent(parsed.label)}/values?${search}`, signal);
    case "label_names":
      if (parsed.selector) search.append("match[]", parsed.selector);
      return prometheus(`labels?${search}`, signal);
    case "metrics": {
      /** @type {string[]} */
      const names = await prometheus(`label/__name__/values?${search}`, signal);
      return names.filter((name) => new RegExp(parsed.pattern).test(name));
    }
    case "query_result": {
      const series = await queryInstant(parsed.query, range.to / 1000, signal);
      return series.map(({ metric, value }) => `${seriesText(metric)} ${value?.[1]} ${(value?.[0] ?? 0) * 1000}`);
    }
    default: {
      if (!parsed.selector) return [];
      search.append("match[]", parsed.selector);
      /** @type {Record<string, string>[]} */
      const series = await prometheus(`series?${search}`, signal);
      return series.map(seriesText);
    }
  }
}

/**
 * @param {Variable[]} variables
 * @param {URLSearchParams} params
 * @param {{ from: number, to: number }} range epoch milliseconds
 * @param {string} rangeKey changes when another range is chosen (not when time goes on)
 * @returns {VariableState[] | null} null until the first answer
 */
export function useVariables(variables, params, range, rangeKey) {
  const [states, setStates] = useState(/** @type {VariableState[] | null} */ (null));
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(range);
  latest.current = range;
  const key = JSON.stringify(variables.map(({ name }) => [name, params.getAll(`var-${name}`)]));
  useEffect(() => {
    const controller = new AbortController();
    resolve(variables, params, latest.current, controller.signal).then(setStates, () => undefined);
    return () => controller.abort();
  }, [variables, key, rangeKey, attempt]);
  // a server that has just started has no values yet, so the question is asked again as samples arrive
  useTopics(["data"], 2000, () => {
    if (states?.some(({ variable, options }) => variable.type === "query" && !options.length)) setAttempt((count) => count + 1);
  });
  return states;
}
