/** A row of filters of which one is on, kept in the URL. */

import { params, setParams } from "../app/router.js";
import { html } from "../preact.js";

/**
 * @param {object} props
 * @param {string} props.name of the URL parameter
 * @param {string} props.label
 * @param {{ value: string, text: string, count?: number }[]} props.options the first one is the default and has the value ""
 */
export function Chips({ name, label, options }) {
  const chosen = params.value.get(name) ?? "";
  return html`<div class="chips" role="group" aria-label=${label}>
    ${options.map(
      ({ value, text, count }) => html`<button
        key=${value}
        type="button"
        class="chip"
        aria-pressed=${String(chosen === value)}
        data-testid=${`filter-${name}-${value || "all"}`}
        onClick=${() => setParams({ [name]: value || null }, { replace: true })}
      >
        ${text}${count !== undefined && html`<span class="count">${count}</span>`}
      </button>`,
    )}
  </div>`;
}
