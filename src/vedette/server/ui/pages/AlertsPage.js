/** All alerting rules with their state, and alerts that others have sent. */

import { alertmanager, prometheus } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { params, setParams } from "../app/router.js";
import { AlertRow } from "../alerts/AlertRow.js";
import { ForeignAlerts } from "../alerts/ForeignAlerts.js";
import { orderedRules } from "../alerts/list.js";
import { Chips } from "../parts/Chips.js";
import { Filter, matchesFilter } from "../parts/Filter.js";
import { severityOf } from "../parts/Badge.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { html } from "../preact.js";

const STATES = ["firing", "pending", "inactive"];
const SEVERITIES = ["critical", "high", "medium", "low"];

/** @typedef {import("../api/types.js").AlertingRule} AlertingRule */

/** @param {AlertingRule} rule @returns {string[]} services of its alerts, or of the rule */
function servicesOf(rule) {
  const found = [rule.labels, ...(rule.alerts ?? []).map(({ labels }) => labels)].map((labels) => labels?.service ?? labels?.job);
  return [...new Set(found.filter(Boolean))];
}

export function AlertsPage() {
  const rules = useResource((signal) => prometheus("rules?type=alert", signal), [], { topics: ["alerts"] });
  const received = useResource((signal) => alertmanager("alerts", signal), [], { topics: ["alerts"] });
  const ordered = orderedRules(rules.data?.groups ?? []);
  const state = params.value.get("state") ?? "";
  const severity = params.value.get("severity") ?? "";
  const service = params.value.get("service") ?? "";

  const count = (/** @type {(rule: AlertingRule) => boolean} */ test) => ordered.filter(({ rule }) => test(rule)).length;
  const services = [...new Set(ordered.flatMap(({ rule }) => servicesOf(rule)))].sort();
  const shown = ordered.filter(({ rule, group }) => {
    if (state && rule.state !== state) return false;
    if (severity && severityOf(rule.labels?.severity) !== severity) return false;
    if (service && !servicesOf(rule).includes(service)) return false;
    return matchesFilter(rule.name, group.name, ...Object.values(rule.labels ?? {}), rule.annotations?.summary, ...(rule.alerts ?? []).flatMap(({ labels }) => Object.values(labels)));
  });

  return html`<${Page} title="Alerts" testid="page-alerts" actions=${html`<${Filter} label="Filter alerts" />`}>
    <div class="filters">
      <${Chips} name="state" label="State" options=${[{ value: "", text: "All", count: ordered.length }, ...STATES.map((value) => ({ value, text: value, count: count((rule) => rule.state === value) }))]} />
      <${Chips} name="severity" label="Severity" options=${[{ value: "", text: "Any severity" }, ...SEVERITIES.map((value) => ({ value, text: value }))]} />
      ${services.length > 1 && html`<label class="select">Service
        <select value=${service} onChange=${(/** @type {any} */ event) => setParams({ service: event.target.value || null }, { replace: true })}>
          <option value="">All</option>
          ${services.map((name) => html`<option key=${name} value=${name} selected=${name === service}>${name}</option>`)}
        </select>
      </label>`}
    </div>
    ${rules.error && html`<${ErrorNotice} title="The rules could not be loaded" error=${rules.error} retry=${rules.reload} />`}
    ${received.error && html`<${ErrorNotice} title="What was sent for these alerts could not be loaded" error=${received.error} retry=${received.reload} />`}
    ${!rules.data && !rules.error && html`<${Loading} lines=${8} />`}
    ${rules.data && !ordered.length && html`<${EmptyNotice} icon="alerts" title="No alerting rules">Packs bring alerts with them; give a service one.<//>`}
    ${ordered.length > 0 && !shown.length && html`<${EmptyNotice} icon="search" title="No alert matches the filters" />`}
    <ul class="alerts">${shown.map(({ rule, group, key }) => html`<${AlertRow} key=${key} rule=${rule} group=${group} received=${received.data ?? []} />`)}</ul>
    <${ForeignAlerts} received=${received.data ?? []} rules=${ordered.map(({ rule }) => rule)} />
  <//>`;
}
