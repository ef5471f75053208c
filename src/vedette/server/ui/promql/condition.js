/** The measured side of an alert's expression: what to draw, and the limit to draw it against. */

const COMPARISONS = ["==", "!=", ">=", "<=", ">", "<"];
const SET_OPERATORS = /^(and|or|unless)\b/i;

/**
 * Splits `measure > 0.05` into what is measured and the limit. Only the first operand of `and`, `or`, `unless` is taken, because
 * that is what such an alert reports. Strings, braces and parentheses are skipped; what cannot be split is drawn whole.
 * @param {string} expression
 * @returns {{ measure: string, operator: string | null, limit: number | null }}
 */
export function condition(expression) {
  const text = unwrapped(expression.trim());
  const end = topLevel(text, (rest, before) => (/[\s)\]}]/.test(before) && SET_OPERATORS.test(rest) ? 1 : 0));
  if (end !== null) return condition(text.slice(0, end.at));
  const found = topLevel(text, (rest) => COMPARISONS.find((operator) => rest.startsWith(operator))?.length ?? 0);
  if (!found) return { measure: text, operator: null, limit: null };
  const operator = text.slice(found.at, found.at + found.length);
  const right = text.slice(found.at + found.length).replace(/^\s*bool\b/, "").trim();
  const left = text.slice(0, found.at).trim();
  if (/^[-+]?[\d.]/.test(left) && Number.isFinite(Number(left))) return { measure: right, operator: mirrored(operator), limit: Number(left) };
  const limit = constant(right);
  return { measure: left, operator, limit };
}

/**
 * @param {string} text
 * @returns {number | null} the value of a product or quotient of plain numbers, else null
 */
function constant(text) {
  const bare = unwrapped(text);
  if (!/^[-+]?[\d.]+(e[-+]?\d+)?(\s*[*/]\s*[\d.]+(e[-+]?\d+)?)*$/i.test(bare)) return null;
  const [first, ...rest] = bare.split(/\s*([*/])\s*/);
  let value = Number(first);
  for (let index = 0; index < rest.length; index += 2) value = rest[index] === "*" ? value * Number(rest[index + 1]) : value / Number(rest[index + 1]);
  return Number.isFinite(value) ? value : null;
}

/** @param {string} operator */
function mirrored(operator) {
  return operator.replace(/[<>]/, (sign) => (sign === "<" ? ">" : "<"));
}

/** @param {string} text without parentheses that hold all of it */
function unwrapped(text) {
  let bare = text;
  while (bare.startsWith("(") && closing(bare) === bare.length - 1) bare = bare.slice(1, -1).trim();
  return bare;
}

/** @param {string} text that starts with a parenthesis @returns {number} where it closes, -1 when it does not */
function closing(text) {
  let depth = 0;
  const inside = strings(text);
  for (let at = 0; at < text.length; at += 1) {
    if (inside[at]) continue;
    if (text[at] === "(") depth += 1;
    else if (text[at] === ")") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/**
 * @param {string} text
 * @param {(rest: string, before: string) => number} match length of what starts here, 0 for nothing
 * @returns {{ at: number, length: number } | null} the first match outside strings and brackets
 */
function topLevel(text, match) {
  let depth = 0;
  const inside = strings(text);
  for (let at = 0; at < text.length; at += 1) {
    if (inside[at]) continue;
    if ("([{".includes(text[at])) depth += 1;
    else if (")]}".includes(text[at])) depth -= 1;
    else if (depth === 0) {
      const length = match(text.slice(at), text[at - 1] ?? " ");
      if (length) return { at, length };
    }
  }
  return null;
}

/** @param {string} text @returns {boolean[]} which characters belong to a string or a comment */
function strings(text) {
  /** @type {boolean[]} */
  const marks = [];
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    marks.push(quote !== "" || "\"'`#".includes(character));
    if (quote === "#") quote = character === "\n" ? "" : quote;
    else if (quote) {
      if (character === "\\" && quote !== "`") {
        at += 1;
        marks.push(true);
      } else if (character === quote) quote = "";
    } else if ("\"'`#".includes(character)) quote = character;
  }
  return marks;
}
