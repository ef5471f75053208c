/** Every notification that left, is about to, or could not. */

import { vedette } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { params } from "../app/router.js";
import { Age } from "../parts/Age.js";
import { State } from "../parts/Badge.js";
import { Chips } from "../parts/Chips.js";
import { Filter, matchesFilter } from "../parts/Filter.js";
import { Icon } from "../parts/Icon.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { html } from "../preact.js";

const STATES = ["waiting", "delivered", "failed"];
const LIMIT = 200;

/** @param {string} channel */
export function channelIcon(channel) {
  return channel === "email" ? "mail" : channel === "webhook" ? "webhook" : "deliveries";
}

/** A secret address is told by the name of the file that it stands in. @param {string} target */
function addressee(target) {
  const file = /^\/.*\/([^/]+)$/.exec(target);
  return file ? `the address in ${file[1]}` : target;
}

export function DeliveriesPage() {
  const { data, error, reload } = useResource((signal) => vedette(`deliveries?limit=${LIMIT}`, signal), [], { topics: ["deliveries"] });
  /** @type {import("../api/types.js").DeliverySummary[]} */
  const all = data ?? [];
  const state = params.value.get("state") ?? "";
  const shown = all.filter((delivery) => (!state || delivery.state === state) && matchesFilter(delivery.subject, delivery.receiver, delivery.channel, delivery.target, delivery.error ?? "", ...delivery.alerts));
  return html`<${Page} title="Deliveries" testid="page-deliveries" description="Each notification as it was sent." actions=${html`<${Filter} label="Filter deliveries" />`}>
    <div class="filters"><${Chips} name="state" label="State" options=${[{ value: "", text: "All", count: all.length }, ...STATES.map((value) => ({ value, text: value, count: all.filter((delivery) => delivery.state === value).length }))]} /></div>
    ${error && html`<${ErrorNotice} title="The deliveries could not be loaded" error=${error} retry=${reload} />`}
    ${!data && !error && html`<${Loading} lines=${6} />`}
    ${data && !all.length && html`<${EmptyNotice} icon="deliveries" title="Nothing has been sent yet">Notifications appear here when an alert fires.<//>`}
    ${all.length > 0 && !shown.length && html`<${EmptyNotice} icon="search" title="No delivery matches the filters" />`}
    ${shown.length > 0 && html`<div class="card table-scroll"><table class="list-table stacking">
      <thead><tr><th scope="col">Subject</th><th scope="col">State</th><th scope="col">To</th><th scope="col">Alerts</th><th scope="col" class="align-right">When</th></tr></thead>
      <tbody>${shown.map((delivery) => html`<tr key=${delivery.id} data-testid="delivery-row" data-delivery-id=${delivery.id} data-state=${delivery.state} data-channel=${delivery.channel}>
        <td data-label="Subject" class="subject"><a class="strong-link" href=${`/deliveries/${delivery.id}`} data-testid="delivery-link">${delivery.subject}</a>${delivery.error && html`<p class=${delivery.state === "failed" ? "invalid" : "quiet"}>${delivery.error}</p>`}</td>
        <td data-label="State"><${State} state=${delivery.state} />${delivery.attempts > 1 && html`<span class="quiet tries-count">${delivery.attempts} tries</span>`}</td>
        <td data-label="To"><span class="to"><${Icon} name=${channelIcon(delivery.channel)} size=${15} /><span>${delivery.receiver}<span class="quiet to-target" title=${delivery.target}>${addressee(delivery.target)}</span></span></span></td>
        <td data-label="Alerts"><${AlertCounts} firing=${delivery.firing} resolved=${delivery.resolved} /></td>
        <td data-label="When" class="align-right"><${Age} time=${delivery.time} /></td>
      </tr>`)}</tbody>
    </table></div>`}
  <//>`;
}

/** @param {{ firing: number, resolved: number }} props */
export function AlertCounts({ firing, resolved }) {
  return html`<span class="alert-counts">${firing > 0 && html`<${State} state="firing" text=${`${firing} firing`} />`}${resolved > 0 && html`<${State} state="resolved" text=${`${resolved} resolved`} />`}</span>`;
}
