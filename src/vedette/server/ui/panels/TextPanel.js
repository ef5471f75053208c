/** Text of a dashboard: Markdown, HTML or code. */

import { html } from "../preact.js";
import { HtmlText } from "./HtmlText.js";
import { Markdown } from "./Markdown.js";

/** @param {{ panel: import("../grafana/types.js").Panel, fill: (text: string) => string }} props */
export function TextPanel({ panel, fill }) {
  const { mode = "markdown", content = "" } = panel.options ?? {};
  const text = fill(content);
  if (mode === "code") return html`<pre class="expression" tabindex="0"><code>${text}</code></pre>`;
  return html`<div class="prose">${mode === "html" ? html`<${HtmlText} text=${text} />` : html`<${Markdown} text=${text} />`}</div>`;
}
