/** A page's heading and content; sets the title of the tab and moves the focus after a step within the page. */

import { summary } from "../app/summary.js";
import { html, useEffect, useRef } from "../preact.js";

let first = true;

/** @param {{ title: string, testid: string, description?: unknown, actions?: unknown, heading?: unknown, children?: unknown }} props */
export function Page({ title, testid, description, actions, heading, children }) {
  const top = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const stack = summary.value?.title;
  const firing = summary.value?.alerts.firing ?? 0;
  useEffect(() => {
    document.title = `${firing ? `(${firing}) ` : ""}${title} · ${stack ?? "Vedette"}`;
  }, [title, stack, firing]);
  useEffect(() => {
    if (!first) top.current?.focus({ preventScroll: true });
    first = false;
  }, []);
  return html`<div class="page" data-testid=${testid}>
    <div class="page-head">
      <div class="page-title">
        <h1 ref=${top} tabindex="-1">${heading ?? title}</h1>
        ${description && html`<p class="quiet">${description}</p>`}
      </div>
      ${actions && html`<div class="page-actions">${actions}</div>`}
    </div>
    ${children}
  </div>`;
}
