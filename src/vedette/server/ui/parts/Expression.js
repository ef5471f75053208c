/** A PromQL expression with its parts told apart by colour. */

import { html } from "../preact.js";

/** In order: strings, comments, durations and numbers, keywords, function calls, label names, operators. */
const TOKENS =
  /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(#.*)|(\b\d+(?:\.\d+)?(?:ms|[smhdwy])?(?:\d+(?:ms|[smhdwy]))*(?:e[+-]?\d+)?\b)|\b(by|without|on|ignoring|group_left|group_right|and|or|unless|bool|offset)\b|([a-zA-Z_]\w*)(?=\s*\()|([a-zA-Z_]\w*)(?=\s*(?:=~|!~|!=|=(?!=)))|([-+*/%^<>=!~]+)/g;
const CLASSES = ["string", "comment", "number", "keyword", "function", "label-name", "operator"];

/** @param {{ text: string }} props */
export function Expression({ text }) {
  /** @type {unknown[]} */
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const kind = match.slice(1).findIndex((group) => group !== undefined);
    pieces.push(text.slice(end, match.index), html`<span class="q-${CLASSES[kind]}">${match[0]}</span>`);
    end = match.index + match[0].length;
  }
  pieces.push(text.slice(end));
  return html`<pre class="expression" tabindex="0" aria-label="PromQL expression"><code>${pieces}</code></pre>`;
}
