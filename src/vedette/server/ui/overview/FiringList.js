/** What fires or is about to, worst first, and whether anybody is told. */

import { alertHref, liveAlerts } from "../alerts/list.js";
import { AlertLinks } from "../alerts/AlertLinks.js";
import { Suppressed } from "../alerts/Suppressed.js";
import { Age } from "../parts/Age.js";
import { Severity, State } from "../parts/Badge.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { html } from "../preact.js";

/** @param {{ rules: import("../app/resource.js").Resource<{ groups: import("../api/types.js").RuleGroup[] }>, received: import("../api/types.js").ReceivedAlert[] }} props */
export function FiringList({ rules, received }) {
  if (rules.error && !rules.data) return html`<${ErrorNotice} title="The alerts could not be loaded" error=${rules.error} retry=${rules.reload} />`;
  if (!rules.data) return html`<${Loading} />`;
  const live = liveAlerts(rules.data.groups);
  if (!live.length) return html`<${EmptyNotice} icon="check" title="No active alerts" />`;
  return html`<ul class="firing">
    ${live.map(({ rule, alert, key }) => html`<li key=${key} class=${`card firing-item edge-${alert.state === "firing" ? (alert.labels.severity ?? "low") : "pending"}`} data-testid="firing-alert" data-alert=${rule.name} data-state=${alert.state}>
      <div class="firing-head">
        <a class="strong-link" href=${alertHref(rule.name)}>${rule.name}</a>
        <${Severity} severity=${alert.labels.severity} />
        ${alert.state === "pending" && html`<${State} state="pending" />`}
        <${Suppressed} alert=${alert} received=${received} />
        <span class="spacer"></span>
        <span class="quiet"><${Age} time=${alert.activeAt} plain=${true} /></span>
      </div>
      <p class="firing-summary">${alert.annotations.summary ?? rule.annotations.summary ?? ""}</p>
      <div class="firing-foot">
        <span class="quiet">${[alert.labels.service ?? alert.labels.job, alert.labels.instance].filter(Boolean).join(" · ")}</span>
        <span class="spacer"></span>
        <${AlertLinks} annotations=${alert.annotations} />
      </div>
    </li>`)}
  </ul>`;
}
