/** The stack at a glance: its services with their golden signals, what is firing, and whether the watch itself is well. */

import { alertmanager, prometheus } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { summary, summaryError } from "../app/summary.js";
import { FiringList } from "../overview/FiringList.js";
import { ServiceCard } from "../overview/ServiceCard.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { html } from "../preact.js";

export function OverviewPage() {
  const about = summary.value;
  const rules = useResource((signal) => prometheus("rules?type=alert", signal), [], { topics: ["alerts"] });
  const received = useResource((signal) => alertmanager("alerts", signal), [], { topics: ["alerts"] });
  if (!about) {
    return html`<${Page} title="Overview" testid="page-overview">
      ${summaryError.value ? html`<${ErrorNotice} error=${summaryError.value} />` : html`<${Loading} lines=${6} />`}
    <//>`;
  }
  return html`<${Page} title="Overview" testid="page-overview">
    <${Tiles} about=${about} />
    <div class="overview">
      <section aria-labelledby="services-title" class="overview-services">
        <h2 id="services-title">Services</h2>
        ${about.services.length === 0 && html`<${EmptyNotice} icon="targets" title="No services yet">Add a Service with its targets to the stack, and it is watched from the next start.<//>`}
        <div class="services">${about.services.map((service) => html`<${ServiceCard} key=${service.name} service=${service} />`)}</div>
      </section>
      <section aria-labelledby="firing-title" class="overview-firing">
        <h2 id="firing-title">Active alerts</h2>
        <${FiringList} rules=${rules} received=${received.data ?? []} />
      </section>
    </div>
  <//>`;
}

/** @param {{ about: import("../api/types.js").Overview }} props */
function Tiles({ about }) {
  const { services, targets, alerts, deliveries } = about;
  const well = services.filter(({ state }) => state === "up").length;
  const tiles = [
    { name: "services", href: "/", text: "Services healthy", value: `${well}`, of: `of ${services.length}`, tone: well === services.length ? "good" : services.some(({ state }) => state === "down") ? "bad" : "warn" },
    { name: "alerts", href: "/alerts", text: "Alerts firing", value: String(alerts.firing), of: alerts.pending ? `${alerts.pending} pending` : "", tone: alerts.firing ? "bad" : alerts.pending ? "warn" : "good" },
    { name: "targets", href: "/targets", text: "Targets up", value: String(targets.up), of: `of ${targets.total}`, tone: targets.up === targets.total ? "good" : "bad" },
    { name: "deliveries", href: "/deliveries", text: "Notifications delivered", value: String(deliveries.delivered), of: [deliveries.waiting && `${deliveries.waiting} waiting`, deliveries.failed && `${deliveries.failed} failed`].filter(Boolean).join(", "), tone: deliveries.failed ? "bad" : deliveries.waiting ? "warn" : "good" },
  ];
  return html`<ul class="figures">
    ${tiles.map(({ name, href, text, value, of, tone }) => html`<li key=${name}>
      <a class=${`figure figure-${name} tone-${tone}`} href=${href} data-testid=${`figure-${name}`}>
        <span class="figure-name">${text}</span>
        <span class="figure-value">${value}${of && html`<small>${of}</small>`}</span>
      </a>
    </li>`)}
  </ul>`;
}
