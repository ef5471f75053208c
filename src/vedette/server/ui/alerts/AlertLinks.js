/** The way on from an alert: its panel and its runbook. */

import { Link } from "../parts/Link.js";
import { html } from "../preact.js";
import { withoutTemplates } from "./list.js";

/** @param {{ annotations: Record<string, string> }} props */
export function AlertLinks({ annotations }) {
  const dashboard = withoutTemplates(annotations.dashboard_url);
  const runbook = withoutTemplates(annotations.runbook_url);
  if (!dashboard && !runbook) return null;
  return html`<span class="alert-links">
    ${dashboard && html`<${Link} href=${dashboard} icon="chart" testid="link-dashboard">Dashboard<//>`}
    ${runbook && html`<${Link} href=${runbook} icon="book" testid="link-runbook">Runbook<//>`}
  </span>`;
}
