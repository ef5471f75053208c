/** Where a value leads to: the data links of a field, with its labels, the variables and the time put in. */

import { interpolateText } from "./variables.js";

/** @typedef {{ labels?: Record<string, string>, cells?: Record<string, unknown>, scope: import("./variables.js").Scope, time: { from: string, to: string }, range: { from: number, to: number } }} LinkContext */
/** @typedef {{ title: string, href: string }} DataLink */

const FIELD = /\$\{__field\.labels\.(\w+)(?::\w+)?\}|\$\{__data\.fields(?:\.(\w+)|\["([^"]+)"\])(?::\w+)?\}/g;
const QUERY = /\$\{(\w+):queryparam\}|\$\{__all_variables\}/g;

/**
 * @param {{ title: string, url: string }[] | undefined} links
 * @param {LinkContext} context
 * @returns {DataLink[]} those that lead somewhere
 */
export function dataLinks(links, context) {
  return (links ?? [])
    .map(({ title, url }) => ({ title: filled(title ?? "", context, (text) => text), href: address(url ?? "", context) }))
    .filter(({ href }) => /^(\/|https?:)/i.test(href));
}

/** @param {string} url @param {LinkContext} context */
function address(url, context) {
  const { scope, time, range } = context;
  const queried = url
    .replace(/\$\{__url_time_range\}|\$__url_time_range\b/g, () => new URLSearchParams({ from: time.from, to: time.to }).toString())
    .replace(/\$\{__(from|to)\}|\$__(from|to)\b/g, (_, braced, bare) => String(Math.round(range[/** @type {"from" | "to"} */ (braced ?? bare)])))
    .replace(QUERY, (_, name) => (name ? [name] : Object.keys(scope)).flatMap((one) => parameter(one, scope[one])).join("&"));
  return filled(queried, context, encodeURIComponent).replace(/\?&+/, "?").replace(/&{2,}/g, "&");
}

/** @param {string} name @param {string | string[] | undefined} value @returns {string[]} */
function parameter(name, value) {
  return value === undefined ? [] : [value].flat().map((one) => `var-${name}=${encodeURIComponent(one)}`);
}

/** @param {string} text @param {LinkContext} context @param {(text: string) => string} form */
function filled(text, { labels = {}, cells = {}, scope }, form) {
  const field = text.replace(FIELD, (_, label, cell, quoted) => form(String((label ? labels[label] : cells[cell ?? quoted]) ?? "")));
  return interpolateText(field, scope);
}
