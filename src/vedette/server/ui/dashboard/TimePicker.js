/** Choosing the time range: quick ranges, or both ends as text. */

import { present } from "../app/present.js";
import { setParams } from "../app/router.js";
import { describe, QUICK_RANGES, range as resolve } from "../grafana/time.js";
import { stamp } from "../grafana/units.js";
import { Icon } from "../parts/Icon.js";
import { Menu } from "../parts/Menu.js";
import { html, useState } from "../preact.js";

/** @param {{ from: string, to: string }} props */
export function TimePicker({ from, to }) {
  return html`<${Menu} label="Time range" testid="time-picker" wide=${true} button=${html`<${Icon} name="clock" /><span>${describe(from, to, stamp)}</span><${Icon} name="down" size=${14} />`}>
    <div class="time-panel">
      <${Ends} key=${`${from} ${to}`} from=${from} to=${to} />
      <div class="quick-ranges">
        ${QUICK_RANGES.map((quick) => html`<button
          key=${quick.from}
          type="button"
          aria-pressed=${String(quick.from === from && quick.to === to)}
          onClick=${() => setParams({ from: quick.from, to: quick.to })}
        >${quick.text}</button>`)}
      </div>
    </div>
  <//>`;
}

/** @param {{ from: string, to: string }} props */
function Ends({ from, to }) {
  const readable = (/** @type {string} */ text) => (/^\d+$/.test(text) ? stamp(new Date(Number(text))) : text);
  const [start, setStart] = useState(readable(from));
  const [end, setEnd] = useState(readable(to));
  const found = resolve(start, end, present());
  const apply = (/** @type {Event} */ event) => {
    event.preventDefault();
    const written = (/** @type {string} */ text, /** @type {number} */ at) => (text.trim().startsWith("now") ? text.trim() : String(at));
    if (found) setParams({ from: written(start, found.from), to: written(end, found.to) });
  };
  return html`<form class="ends" onSubmit=${apply}>
    <label>From<input type="text" data-testid="time-from" value=${start} spellcheck="false" autocomplete="off" aria-invalid=${String(!found)} onInput=${(/** @type {any} */ event) => setStart(event.target.value)} /></label>
    <label>To<input type="text" data-testid="time-to" value=${end} spellcheck="false" autocomplete="off" aria-invalid=${String(!found)} onInput=${(/** @type {any} */ event) => setEnd(event.target.value)} /></label>
    <p class=${found ? "quiet" : "invalid"} role="status">${found ? `${stamp(new Date(found.from))} to ${stamp(new Date(found.to))}` : "Write now-15m, now/d, or a date such as 2026-01-31 14:00; from before to."}</p>
    <button class="button primary" type="submit" disabled=${!found} data-testid="time-apply">Apply</button>
  </form>`;
}
