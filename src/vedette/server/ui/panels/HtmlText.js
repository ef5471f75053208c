/** HTML of a dashboard, rebuilt from the tags and attributes that can do no harm. */

import { h, html, useMemo } from "../preact.js";
import { safeAddress } from "../grafana/prose.js";

const TAGS = new Set(
  "a b blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i kbd li ol p pre s small span strong sub sup table tbody td th thead tr u ul".split(" "),
);
const DROPPED = new Set(["script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "math"]);

/** @param {{ text: string }} props */
export function HtmlText({ text }) {
  const children = useMemo(() => [...new DOMParser().parseFromString(text, "text/html").body.childNodes].map(rebuilt), [text]);
  return html`${children}`;
}

/** @param {Node} node @returns {unknown} */
function rebuilt(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const tag = node.localName;
  if (DROPPED.has(tag)) return null;
  const children = [...node.childNodes].map(rebuilt);
  if (!TAGS.has(tag)) return children;
  const href = tag === "a" ? safeAddress(node.getAttribute("href") ?? "") : null;
  return h(tag, { title: node.getAttribute("title"), ...(href !== null && { href }) }, ...children);
}
