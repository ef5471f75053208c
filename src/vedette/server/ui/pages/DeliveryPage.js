/** One notification: what was sent, to whom, and how it went. */

import { RequestError, vedette } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { alertHref } from "../alerts/list.js";
import { DeliveryContent } from "../deliveries/DeliveryContent.js";
import { stamp } from "../grafana/units.js";
import { Age } from "../parts/Age.js";
import { State } from "../parts/Badge.js";
import { Icon } from "../parts/Icon.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { html } from "../preact.js";
import { AlertCounts, channelIcon } from "./DeliveriesPage.js";

/** @param {{ id: string }} props */
export function DeliveryPage({ id }) {
  const { data, error, reload } = useResource((signal) => vedette(`deliveries/${encodeURIComponent(id)}`, signal), [id], { topics: ["deliveries"] });
  const crumb = (/** @type {string} */ title) => html`<a class="crumb" href="/deliveries">Deliveries</a><span class="crumb-mark" aria-hidden="true">/</span>${title}`;
  if (!data) {
    const missing = error instanceof RequestError && error.status === 404;
    return html`<${Page} title="Delivery" testid="page-delivery" heading=${crumb(id)}>
      ${missing ? html`<${EmptyNotice} icon="deliveries" title="There is no such delivery" />` : error ? html`<${ErrorNotice} error=${error} retry=${reload} />` : html`<${Loading} lines=${6} />`}
    <//>`;
  }
  /** @type {import("../api/types.js").Delivery} */
  const delivery = data;
  return html`<${Page} title=${delivery.subject} testid="page-delivery" heading=${crumb(delivery.subject)}>
    ${error && html`<${ErrorNotice} error=${error} retry=${reload} />`}
    <div class="delivery">
      <section class="card facts" aria-label="About this delivery">
        <dl>
          <div><dt>State</dt><dd><${State} state=${delivery.state} /></dd></div>
          <div><dt>Receiver</dt><dd>${delivery.receiver}</dd></div>
          <div><dt>Channel</dt><dd class="to"><${Icon} name=${channelIcon(delivery.channel)} size=${15} />${delivery.channel}</dd></div>
          <div><dt>To</dt><dd class="breaking">${delivery.target}</dd></div>
          <div><dt>When</dt><dd>${stamp(new Date(delivery.time * 1000))} <span class="quiet">(<${Age} time=${delivery.time} />)</span></dd></div>
          <div><dt>Alerts</dt><dd><${AlertCounts} firing=${delivery.firing} resolved=${delivery.resolved} />
            <ul class="plain">${delivery.alerts.map((name) => html`<li key=${name}><a class="link" href=${alertHref(name)}>${name}</a></li>`)}</ul></dd></div>
        </dl>
        <h2>Tries</h2>
        ${delivery.tries.length === 0 && html`<p class="quiet">None yet.</p>`}
        <ol class="tries">${delivery.tries.map((attempt, index) => html`<li key=${index} data-testid="delivery-try">
          <${State} state=${attempt.outcome} /> <span class="quiet">${stamp(new Date(attempt.time * 1000))}</span>
          ${attempt.error && html`<p class="invalid breaking">${attempt.error}</p>`}
        </li>`)}</ol>
      </section>
      <${DeliveryContent} delivery=${delivery} />
    </div>
  <//>`;
}
