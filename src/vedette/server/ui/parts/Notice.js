/** What stands where data should be: the reason that there are none, or that they are on their way. */

import { message } from "../api/client.js";
import { html } from "../preact.js";
import { Icon } from "./Icon.js";

/** @param {{ title?: string, error: unknown, retry?: () => void }} props */
export function ErrorNotice({ title = "This could not be loaded", error, retry }) {
  const text = message(error);
  return html`<div class="notice notice-error" role="alert" data-testid="error">
    <${Icon} name="warning" size=${20} />
    <div>
      <strong>${title}</strong>
      <p class=${text.includes("\n") ? "notice-text notice-lines" : "notice-text"}>${text}</p>
    </div>
    ${retry && html`<button class="button" type="button" onClick=${retry}>Try again</button>`}
  </div>`;
}

/** @param {{ icon?: string, title: string, children?: unknown }} props */
export function EmptyNotice({ icon = "info", title, children }) {
  return html`<div class="notice notice-empty" data-testid="empty">
    <${Icon} name=${icon} size=${22} />
    <strong>${title}</strong>
    ${children && html`<p class="notice-text">${children}</p>`}
  </div>`;
}

/** Grey lines in the place of text. @param {{ lines?: number }} props */
export function Loading({ lines = 4 }) {
  return html`<div class="loading" role="status" aria-label="Loading" data-testid="loading">
    ${Array.from({ length: lines }, (_, index) => html`<span key=${index} class="bone" style=${{ width: `${92 - ((index * 23) % 50)}%` }}></span>`)}
  </div>`;
}
