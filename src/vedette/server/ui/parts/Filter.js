/** The text filter of a page, reached with `/` and kept in the URL. */

import { params, setParams } from "../app/router.js";
import { html } from "../preact.js";
import { Icon } from "./Icon.js";

/** @param {{ label: string }} props */
export function Filter({ label }) {
  return html`<label class="filter">
    <${Icon} name="search" />
    <input
      type="search"
      data-filter
      data-testid="filter"
      placeholder=${label}
      aria-label=${label}
      value=${params.value.get("q") ?? ""}
      onInput=${(/** @type {any} */ event) => setParams({ q: event.target.value || null }, { replace: true })}
    />
    <kbd aria-hidden="true">/</kbd>
  </label>`;
}

/** @param {...(string | undefined | null)} texts @returns {boolean} whether every word of the filter is in one of the texts */
export function matchesFilter(...texts) {
  const words = (params.value.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const whole = texts.join("\n").toLowerCase();
  return words.every((word) => whole.includes(word));
}
