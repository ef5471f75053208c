/** Labels as chips, sorted by name. */

import { html } from "../preact.js";

/** @param {{ labels: Record<string, string>, without?: string[] }} props */
export function Labels({ labels, without = [] }) {
  const shown = Object.keys(labels).filter((name) => !without.includes(name)).sort();
  if (!shown.length) return null;
  return html`<ul class="labels">
    ${shown.map((name) => html`<li key=${name} class="label"><span class="label-name">${name}</span>${labels[name]}</li>`)}
  </ul>`;
}
