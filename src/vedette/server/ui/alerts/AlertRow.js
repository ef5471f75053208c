/** An alerting rule: one line, and when it is open, why it is in its state. */

import { params, setParams } from "../app/router.js";
import { longDuration, number } from "../grafana/units.js";
import { Age } from "../parts/Age.js";
import { Severity, State } from "../parts/Badge.js";
import { Expression } from "../parts/Expression.js";
import { Icon } from "../parts/Icon.js";
import { Labels } from "../parts/Labels.js";
import { Markdown } from "../panels/Markdown.js";
import { html, useEffect, useRef } from "../preact.js";
import { AlertChart } from "./AlertChart.js";
import { AlertLinks } from "./AlertLinks.js";
import { inWords, receivedAs, suppression } from "./list.js";
import { Suppressed } from "./Suppressed.js";

/** @typedef {import("../api/types.js").AlertingRule} AlertingRule */
/** @typedef {import("../api/types.js").ActiveAlert} ActiveAlert */
/** @typedef {import("../api/types.js").ReceivedAlert} ReceivedAlert */

/** Labels that a rule's line shows elsewhere. */
const SHOWN = ["alertname", "severity"];

/** @param {{ rule: AlertingRule, group: import("../api/types.js").RuleGroup, received: ReceivedAlert[] }} props */
export function AlertRow({ rule, group, received }) {
  const open = params.value.get("alert") === rule.name;
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (open) row.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const active = rule.alerts ?? [];
  const [first] = [...active].sort((a, b) => Date.parse(a.activeAt) - Date.parse(b.activeAt));
  const annotations = active[0]?.annotations ?? rule.annotations ?? {};
  return html`<li ref=${row} class=${`card alert edge-${rule.state === "firing" ? (rule.labels?.severity ?? "low") : rule.state}${open ? " open" : ""}`} data-testid="alert-row" data-alert=${rule.name} data-state=${rule.state}>
    <div class="alert-line">
      <button type="button" class="alert-toggle" aria-expanded=${String(open)} data-testid="alert-toggle" onClick=${() => setParams({ alert: open ? null : rule.name }, { replace: true })}>
        <${Icon} name=${open ? "down" : "chevron"} size=${15} />
        <span class="alert-name">${rule.name}</span>
      </button>
      <${Severity} severity=${rule.labels?.severity} />
      <span class="alert-summary">${active.length === 1 ? annotations.summary : untold(rule)}</span>
      <span class="spacer"></span>
      ${active.length > 1 && html`<span class="quiet">${active.length} alerts</span>`}
      ${first && html`<span class="quiet alert-since">since <${Age} time=${first.activeAt} /></span>`}
      ${active.length > 0 && active.every((alert) => suppression(receivedAs(alert, received), received)) && html`<${Suppressed} alert=${active[0]} received=${received} />`}
      <${State} state=${rule.health === "err" ? "err" : rule.state} text=${rule.health === "err" ? "error" : rule.state} />
      <${AlertLinks} annotations=${annotations} />
    </div>
    ${open && html`<div class="alert-detail">
      ${rule.lastError && html`<p class="invalid" role="alert"><${Icon} name="warning" /> ${rule.lastError}</p>`}
      ${active.map((alert) => html`<${Instance} key=${JSON.stringify(alert.labels)} alert=${alert} received=${received} links=${active.length > 1} />`)}
      <${AlertChart} rule=${rule} />
      <h4 class="rule-head">Rule <a class="link" href=${`/graph?g0.expr=${encodeURIComponent(rule.query)}`} data-testid="link-query">Open as a query</a></h4>
      <${Expression} text=${rule.query} />
      <p class="quiet">
        ${rule.duration ? `Fires after ${longDuration(rule.duration)}. ` : "Fires at once. "}
        ${rule.keepFiringFor ? `Keeps firing for ${longDuration(rule.keepFiringFor)}. ` : ""}
        Group ${group.name}, every ${longDuration(group.interval)}${rule.lastEvaluation ? html`, last <${Age} time=${rule.lastEvaluation} />` : ""}.
      </p>
      ${!active.length && annotations.description && html`<div class="prose quiet"><${Markdown} text=${inWords(annotations.description)?.map((part, index) => (index % 2 ? `\`${part}\`` : part)).join("") ?? annotations.description} /></div>`}
      <${Labels} labels=${rule.labels ?? {}} without=${SHOWN} />
    </div>`}
  </li>`;
}

/** What a rule without an alert, or with several, is about, in words; its query where they do not tell. @param {AlertingRule} rule */
function untold(rule) {
  const { summary, description } = rule.annotations ?? {};
  const words = inWords(summary) ?? inWords(description?.split("\n", 1)[0]);
  return words ? words.map((part, index) => (index % 2 ? html`<i>${part}</i>` : part)) : html`<code>${rule.query}</code>`;
}

/** @param {{ alert: ActiveAlert, received: ReceivedAlert[], links: boolean }} props */
function Instance({ alert, received, links }) {
  const value = Number(alert.value);
  const twin = receivedAs(alert, received);
  const quiet = suppression(twin, received);
  const to = twin?.receivers?.map(({ name }) => name).join(", ");
  return html`<div class="instance" data-testid="alert-instance" data-state=${alert.state}>
    <div class="instance-head">
      <${State} state=${alert.state} />
      <span>value <b>${Number.isFinite(value) ? number(value) : alert.value}</b></span>
      <span class="quiet">since <${Age} time=${alert.activeAt} /></span>
      ${quiet ? html`<${State} state="suppressed" text=${quiet.by.length ? `${quiet.text} by ${quiet.by.join(", ")}` : quiet.text} />` : to && html`<span class="quiet">to ${to}</span>`}
      <span class="spacer"></span>
      ${links && html`<${AlertLinks} annotations=${alert.annotations} />`}
    </div>
    ${alert.annotations.summary && html`<p class="instance-summary">${alert.annotations.summary}</p>`}
    ${alert.annotations.description && html`<div class="prose"><${Markdown} text=${alert.annotations.description} /></div>`}
    <${Labels} labels=${alert.labels} without=${SHOWN} />
  </div>`;
}
