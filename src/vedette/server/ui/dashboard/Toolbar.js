/** The controls of a dashboard: variables, time range, refresh. */

import { setParams } from "../app/router.js";
import { duration } from "../grafana/time.js";
import { Icon } from "../parts/Icon.js";
import { Menu } from "../parts/Menu.js";
import { html } from "../preact.js";
import { TimePicker } from "./TimePicker.js";
import { VariablePicker } from "./VariablePicker.js";

const REFRESHES = ["live", "5s", "10s", "30s", "1m", "5m", "15m"];

/**
 * @param {object} props
 * @param {import("../grafana/types.js").VariableState[]} props.variables
 * @param {string} props.from
 * @param {string} props.to
 * @param {string} props.refresh `live`, an interval, or `off`
 * @param {() => void} props.onRefresh
 */
export function Toolbar({ variables, from, to, refresh, onRefresh }) {
  const choices = REFRESHES.includes(refresh) || refresh === "off" ? REFRESHES : [...REFRESHES, refresh].sort((a, b) => (duration(a) ?? 0) - (duration(b) ?? 0));
  return html`<div class="toolbar" role="toolbar" aria-label="Dashboard">
    <div class="variables">
      ${variables.filter(({ variable }) => variable.hide !== 2 && !["constant", "datasource"].includes(variable.type)).map((state) => html`<${VariablePicker} key=${state.variable.name} state=${state} />`)}
    </div>
    <div class="time-controls">
      <${TimePicker} from=${from} to=${to} />
      <button class="button icon-only" type="button" data-testid="refresh-now" aria-label="Refresh now" title="Refresh now (r)" onClick=${onRefresh}><${Icon} name="refresh" /></button>
      <${Menu} label="Refresh" testid="refresh" button=${html`<span>${refresh === "off" ? "Off" : refresh === "live" ? "Live" : refresh}</span><${Icon} name="down" size=${14} />`}>
        ${["off", ...choices].map((choice) => html`<button
          key=${choice}
          type="button"
          aria-pressed=${String(choice === refresh)}
          onClick=${() => setParams({ refresh: choice }, { replace: true })}
        >${choice === "off" ? "Off" : choice === "live" ? "Live, as samples arrive" : `Every ${choice}`}</button>`)}
      <//>
    </div>
  </div>`;
}
