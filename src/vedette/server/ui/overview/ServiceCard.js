/** A service: its state, what fires for it, its golden signals, its dashboards. */

import { State } from "../parts/Badge.js";
import { html } from "../preact.js";
import { SignalLine } from "./SignalLine.js";

const SEVERITIES = ["critical", "high", "medium", "low"];

/** @param {{ service: import("../api/types.js").ServiceSummary }} props */
export function ServiceCard({ service }) {
  const { name, title, up, total, state, alerts, packs, signals } = service;
  const firing = SEVERITIES.filter((severity) => alerts[severity]);
  return html`<article class=${`card service service-${state}`} data-testid="service-card" data-service=${name} data-state=${state} aria-label=${`${title}: ${state}`}>
    <header class="service-head">
      <h3>${title}</h3>
      <${State} state=${state} />
      <span class="quiet">${total ? `${up} of ${total} ${total === 1 ? "target" : "targets"} up` : "no targets"}</span>
      <span class="spacer"></span>
      ${firing.map((severity) => html`<a key=${severity} class=${`badge severity-${severity}`} href=${`/alerts?service=${encodeURIComponent(name)}&severity=${severity}`}>${alerts[severity]} ${severity}</a>`)}
    </header>
    ${signals.length > 0 && html`<div class="signals">${signals.map((signal) => html`<${SignalLine} key=${signal.title} signal=${signal} service=${name} />`)}</div>`}
    ${packs.length > 0 && html`<footer class="service-packs">${packs.map((pack) => html`<a key=${pack.name} class="tag" href=${`/d/${encodeURIComponent(pack.dashboard)}?var-job=${encodeURIComponent(name)}`} data-testid="pack-link">${pack.title}</a>`)}</footer>`}
  </article>`;
}
