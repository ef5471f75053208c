/** What to do about an alert, with the alert's present state beside it. */

import { prometheus, RequestError, vedette } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { alertHref, liveAlerts } from "../alerts/list.js";
import { Age } from "../parts/Age.js";
import { Severity, State } from "../parts/Badge.js";
import { Icon } from "../parts/Icon.js";
import { Labels } from "../parts/Labels.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { html } from "../preact.js";

/** @param {{ alert: string }} props */
export function RunbookPage({ alert }) {
  const { data, error, reload } = useResource((signal) => vedette(`runbooks/${encodeURIComponent(alert)}`, signal), [alert]);
  const rules = useResource((signal) => prometheus("rules?type=alert", signal), [], { topics: ["alerts"] });
  const heading = html`<a class="crumb" href="/alerts">Alerts</a><span class="crumb-mark" aria-hidden="true">/</span>${data?.title ?? alert}`;
  if (!data) {
    const missing = error instanceof RequestError && error.status === 404;
    return html`<${Page} title=${alert} testid="page-runbook" heading=${heading}>
      ${missing ? html`<${EmptyNotice} icon="book" title=${`${alert} has no runbook`}>Write one and name it in the alert's declaration.<//>` : error ? html`<${ErrorNotice} error=${error} retry=${reload} />` : html`<${Loading} lines=${8} />`}
    <//>`;
  }
  /** @type {import("../api/types.js").Runbook} */
  const runbook = data;
  const live = liveAlerts(rules.data?.groups ?? []).filter(({ rule }) => rule.name === alert);
  return html`<${Page} title=${`${runbook.title}, runbook`} testid="page-runbook" heading=${heading} actions=${html`
    ${runbook.dashboard && html`<a class="button" href=${`/d/${encodeURIComponent(runbook.dashboard)}${runbook.panel ? `?viewPanel=${runbook.panel}` : ""}`} data-testid="link-dashboard"><${Icon} name="chart" />Dashboard</a>`}
    <a class="button" href=${alertHref(alert)} data-testid="link-alert"><${Icon} name="alerts" />Alert</a>
  `}>
    <div class="runbook">
      <article class="card prose runbook-text" data-testid="runbook-text" dangerouslySetInnerHTML=${{ __html: runbook.html }}></article>
      <aside class="card runbook-state" aria-label="The alert now">
        <h2>Now</h2>
        <p class="badges"><${Severity} severity=${runbook.severity} />${runbook.pack && html`<span class="tag">${runbook.pack} pack</span>`}</p>
        ${rules.error && !rules.data && html`<${ErrorNotice} title="The alert's state could not be loaded" error=${rules.error} retry=${rules.reload} />`}
        ${rules.data && !live.length && html`<p data-testid="runbook-state" data-state="inactive"><${State} state="up" text="not firing" /></p>`}
        ${live.map(({ alert: one, key }) => html`<div key=${key} class="runbook-alert" data-testid="runbook-state" data-state=${one.state}>
          <p><${State} state=${one.state} /> <span class="quiet">since <${Age} time=${one.activeAt} /></span></p>
          ${one.annotations.summary && html`<p>${one.annotations.summary}</p>`}
          <${Labels} labels=${one.labels} without=${["alertname", "severity"]} />
        </div>`)}
      </aside>
    </div>
  <//>`;
}
