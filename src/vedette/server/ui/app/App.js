/** Which page stands at which address. */

import { AlertsPage } from "../pages/AlertsPage.js";
import { DashboardPage } from "../pages/DashboardPage.js";
import { DashboardsPage } from "../pages/DashboardsPage.js";
import { DeliveriesPage } from "../pages/DeliveriesPage.js";
import { DeliveryPage } from "../pages/DeliveryPage.js";
import { OverviewPage } from "../pages/OverviewPage.js";
import { QueryPage } from "../pages/QueryPage.js";
import { RunbookPage } from "../pages/RunbookPage.js";
import { TargetsPage } from "../pages/TargetsPage.js";
import { Guard } from "../parts/Guard.js";
import { EmptyNotice } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { Shell } from "../parts/Shell.js";
import { html } from "../preact.js";
import { path } from "./router.js";

/** @type {[RegExp, (match: RegExpExecArray) => unknown][]} */
const ROUTES = [
  [/^\/$/, () => html`<${OverviewPage} />`],
  [/^\/dashboards$/, () => html`<${DashboardsPage} />`],
  [/^\/d\/([^/]+)(?:\/[^/]*)?$/, ([, uid]) => html`<${DashboardPage} key=${uid} uid=${decodeURIComponent(uid)} />`],
  [/^\/alerts$/, () => html`<${AlertsPage} />`],
  [/^\/(?:graph|query)$/, () => html`<${QueryPage} />`],
  [/^\/targets$/, () => html`<${TargetsPage} />`],
  [/^\/deliveries$/, () => html`<${DeliveriesPage} />`],
  [/^\/deliveries\/([^/]+)$/, ([, id]) => html`<${DeliveryPage} key=${id} id=${decodeURIComponent(id)} />`],
  [/^\/runbooks\/([^/]+)$/, ([, alert]) => html`<${RunbookPage} key=${alert} alert=${decodeURIComponent(alert)} />`],
];

export function App() {
  return html`<${Shell}><${Guard} key=${path.value} title="This page could not be drawn">${page(path.value)}<//><//>`;
}

/** @param {string} at */
function page(at) {
  for (const [pattern, show] of ROUTES) {
    const match = pattern.exec(at);
    if (match) return show(match);
  }
  return html`<${Page} title="Not found" testid="page-missing"><${EmptyNotice} icon="search" title="There is no page at this address"><a class="link" href="/">To the overview</a><//><//>`;
}
