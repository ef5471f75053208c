/** Alerts that came to the notifier from elsewhere: no rule of this stack has their name. */

import { Age } from "../parts/Age.js";
import { Severity, State } from "../parts/Badge.js";
import { Labels } from "../parts/Labels.js";
import { html } from "../preact.js";
import { AlertLinks } from "./AlertLinks.js";

/** @param {{ received: import("../api/types.js").ReceivedAlert[], rules: import("../api/types.js").AlertingRule[] }} props */
export function ForeignAlerts({ received, rules }) {
  const own = new Set(rules.map(({ name }) => name));
  const foreign = received.filter(({ labels }) => !own.has(labels.alertname));
  if (!foreign.length) return null;
  return html`<section aria-labelledby="foreign-title">
    <h2 id="foreign-title">From elsewhere</h2>
    <ul class="alerts">${foreign.map(({ fingerprint, labels, annotations, startsAt, status }) => html`<li key=${fingerprint} class=${`card alert edge-${labels.severity ?? "low"}`} data-testid="foreign-alert">
      <div class="alert-line">
        <span class="alert-name">${labels.alertname}</span>
        <${Severity} severity=${labels.severity} />
        <span class="alert-summary">${annotations.summary ?? ""}</span>
        <span class="spacer"></span>
        <span class="quiet">since <${Age} time=${startsAt} /></span>
        <${State} state=${status.state === "suppressed" ? "suppressed" : "firing"} />
        <${AlertLinks} annotations=${annotations} />
      </div>
      <div class="alert-detail"><${Labels} labels=${labels} without=${["alertname", "severity"]} /></div>
    </li>`)}</ul>
  </section>`;
}
