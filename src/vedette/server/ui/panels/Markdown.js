/** Markdown on the page. */

import { h, html, useMemo } from "../preact.js";
import { blocks } from "../grafana/prose.js";

/** @typedef {import("../grafana/prose.js").Block} BlockModel */
/** @typedef {import("../grafana/prose.js").Piece} Piece */

/** @param {{ text: string }} props */
export function Markdown({ text }) {
  const parsed = useMemo(() => blocks(text), [text]);
  return html`${parsed.map(block)}`;
}

/** @param {Piece} piece @returns {unknown} */
function inlinePiece(piece) {
  if (typeof piece === "string") return piece;
  return h(piece.tag, piece.tag === "a" ? { href: piece.href } : null, ...piece.children.map(inlinePiece));
}

/** @param {BlockModel} model @returns {unknown} */
function block(model) {
  switch (model.tag) {
    case "hr":
      return html`<hr />`;
    case "pre":
      return html`<pre><code>${model.text}</code></pre>`;
    case "blockquote":
      return html`<blockquote>${model.blocks.map(block)}</blockquote>`;
    case "ul":
    case "ol":
      return h(model.tag, null, ...model.items.map((item) => html`<li>${item.length === 1 && item[0].tag === "p" ? item[0].children.map(inlinePiece) : item.map(block)}</li>`));
    case "table":
      return html`<table>
        <thead><tr>${model.head.map((cell) => html`<th>${cell.map(inlinePiece)}</th>`)}</tr></thead>
        <tbody>${model.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell.map(inlinePiece)}</td>`)}</tr>`)}</tbody>
      </table>`;
    default:
      return h(model.tag, null, ...model.children.map(inlinePiece));
  }
}
