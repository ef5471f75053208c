/** One template variable: a list to choose from, or a line to write. */

import { setParams } from "../app/router.js";
import { ALL } from "../grafana/variables.js";
import { Icon } from "../parts/Icon.js";
import { Menu } from "../parts/Menu.js";
import { html, useState } from "../preact.js";

/** @param {{ state: import("../grafana/types.js").VariableState }} props */
export function VariablePicker({ state }) {
  const { variable, options, selected, error } = state;
  const [search, setSearch] = useState("");
  const label = variable.label || variable.name;
  const choose = (/** @type {string[]} */ values) => setParams({ [`var-${variable.name}`]: values.length ? values : null });
  const text = (/** @type {string} */ value) => (value === ALL ? "All" : (options.find((option) => option.value === value)?.text ?? value));

  if (variable.type === "textbox") {
    return html`<label class="variable">${variable.hide !== 1 && html`<span class="variable-name">${label}</span>`}<input type="text" value=${selected[0] ?? ""} onChange=${(/** @type {any} */ event) => choose([event.target.value])} /></label>`;
  }
  const toggle = (/** @type {string} */ value) => {
    if (!variable.multi || value === ALL) return choose([value]);
    const rest = selected.filter((item) => item !== ALL);
    const next = rest.includes(value) ? rest.filter((item) => item !== value) : [...rest, value];
    return choose(next.length ? next : variable.includeAll ? [ALL] : []);
  };
  const offered = [...(variable.includeAll ? [{ text: "All", value: ALL }] : []), ...options];
  const found = offered.filter((option) => option.text.toLowerCase().includes(search.toLowerCase()));
  const shown = selected.length > 2 ? `${selected.length} chosen` : selected.map(text).join(", ") || "none";
  return html`<div class="variable" data-testid="variable" data-variable=${variable.name}>
    ${variable.hide !== 1 && html`<span class="variable-name" title=${variable.description}>${label}</span>`}
    <${Menu} label=${label} testid=${`variable-${variable.name}`} button=${html`<span class="visually-hidden">${label}: </span><span class="variable-value" title=${error}>${error ? html`<${Icon} name="warning" size=${14} />` : null}${shown}</span><${Icon} name="down" size=${14} />`}>
      ${error && html`<p class="invalid">${error}</p>`}
      ${options.length > 8 && html`<input type="search" placeholder="Search" aria-label=${`Search ${label}`} value=${search} onInput=${(/** @type {any} */ event) => setSearch(event.target.value)} />`}
      <div class="choices">
        ${found.map((option) => html`<button
          key=${option.value}
          type="button"
          data-keep-open=${variable.multi ? "" : undefined}
          aria-pressed=${String(selected.includes(option.value))}
          onClick=${() => toggle(option.value)}
        ><i class="tick">${selected.includes(option.value) && html`<${Icon} name="check" size=${14} />`}</i>${option.text}</button>`)}
        ${!found.length && html`<p class="quiet">${options.length ? "Nothing matches." : "No values yet."}</p>`}
      </div>
    <//>
  </div>`;
}
