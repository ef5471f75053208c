/** A dashboard: the built Grafana JSON, rendered. */

import { RequestError, vedette } from "../api/client.js";
import { onKey } from "../app/keyboard.js";
import { present } from "../app/present.js";
import { useResource, useTopics } from "../app/resource.js";
import { params, setParams } from "../app/router.js";
import { DashboardLinks } from "../dashboard/DashboardLinks.js";
import { Panel } from "../dashboard/Panel.js";
import { Toolbar } from "../dashboard/Toolbar.js";
import { useRegions } from "../dashboard/useRegions.js";
import { useStore } from "../dashboard/useStore.js";
import { useVariables } from "../dashboard/useVariables.js";
import { findPanel, repeated, sections } from "../grafana/layout.js";
import { duration, openingFrom, range as resolveRange } from "../grafana/time.js";
import { stamp } from "../grafana/units.js";
import { interpolateText, scopeOf, textScopeOf } from "../grafana/variables.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Icon } from "../parts/Icon.js";
import { Page } from "../parts/Page.js";
import { html, useCallback, useEffect, useMemo, useState } from "../preact.js";

/** @typedef {import("../grafana/types.js").Dashboard} Dashboard */
/** @typedef {import("../dashboard/view.js").DashboardView} DashboardView */

/** Live panels ask again at most this often, milliseconds. */
const LIVE_PAUSE = 2000;

/** @param {{ uid: string }} props */
export function DashboardPage({ uid }) {
  const dashboard = useResource((signal) => vedette(`dashboards/${encodeURIComponent(uid)}`, signal), [uid]);
  const store = useStore();
  if (dashboard.error && !dashboard.data) {
    const missing = dashboard.error instanceof RequestError && dashboard.error.status === 404;
    return html`<${Page} title="Dashboard" testid="page-dashboard">
      ${missing
        ? html`<${EmptyNotice} icon="dashboards" title="There is no such dashboard"><a class="link" href="/dashboards">All dashboards</a><//>`
        : html`<${ErrorNotice} error=${dashboard.error} retry=${dashboard.reload} />`}
    <//>`;
  }
  if (!dashboard.data || !store) return html`<${Page} title="Dashboard" testid="page-dashboard"><${Loading} lines=${6} /><//>`;
  return html`<${Loaded} key=${uid} dashboard=${dashboard.data} store=${store} />`;
}

/** @param {{ dashboard: Dashboard, store: import("../dashboard/useStore.js").Store }} props */
function Loaded({ dashboard, store }) {
  const { scrape, oldest } = store;
  const opening = useMemo(() => openingFrom(dashboard.time?.from ?? "now-1h", dashboard.time?.to ?? "now", oldest, present()), [dashboard]);
  const from = params.value.get("from") ?? opening;
  const to = params.value.get("to") ?? dashboard.time?.to ?? "now";
  const refresh = params.value.get("refresh") || dashboard.refresh || "live";
  const [tick, setTick] = useState(0);
  const again = useCallback(() => setTick((count) => count + 1), []);
  const range = useMemo(() => resolveRange(from, to, present()) ?? { from: present() - 3_600_000, to: present() }, [from, to, tick]);
  const list = useMemo(() => dashboard.templating?.list ?? [], [dashboard]);
  const rangeKey = `${from} ${to}`;
  const variables = useVariables(list, params.value, range, rangeKey);

  const every = duration(refresh);
  const moving = to.startsWith("now");
  useTopics(refresh === "live" && moving ? ["data"] : [], LIVE_PAUSE, again);
  useEffect(() => {
    if (!every || every < 500) return undefined;
    const timer = window.setInterval(() => document.visibilityState === "visible" && again(), every);
    return () => window.clearInterval(timer);
  }, [every]);
  useEffect(() => onKey("r", again), []);
  const large = Number((params.value.get("viewPanel") ?? "").replace("panel-", "")) || null;
  useEffect(() => (large ? onKey("Escape", () => setParams({ viewPanel: null })) : undefined), [large]);

  const chosen = JSON.stringify(variables?.map(({ options, selected }) => [options, selected]));
  const scope = useMemo(() => ({ ...scopeOf(variables ?? []), __dashboard: dashboard.title }), [chosen]);
  const textScope = useMemo(() => ({ ...textScopeOf(variables ?? []), __dashboard: dashboard.title }), [chosen]);
  const annotations = useMemo(() => dashboard.annotations?.list ?? [], [dashboard]);
  const regions = useRegions(annotations, range, scope, scrape, variables !== null);
  const zoom = useCallback((/** @type {number} */ start, /** @type {number} */ end) => setParams({ from: String(Math.round(start * 1000)), to: String(Math.round(end * 1000)) }), []);
  /** @type {DashboardView} */
  const view = { uid: dashboard.uid, range, rangeKey, time: { from, to }, scope, textScope, scrape, tick, regions, syncKey: `dashboard-${dashboard.uid}`, zoom };

  return html`<${Page}
    title=${dashboard.title}
    testid="page-dashboard"
    heading=${html`<a class="crumb" href="/dashboards">Dashboards</a><span class="crumb-mark" aria-hidden="true">/</span>${dashboard.title}`}
    description=${dashboard.description}
    actions=${dashboard.links?.length ? html`<${DashboardLinks} uid=${dashboard.uid} links=${dashboard.links} scope=${textScope} />` : null}
  >
    <p class="sheet-time">${stamp(new Date(range.from))} to ${stamp(new Date(range.to))}</p>
    <${Toolbar} variables=${variables ?? []} from=${from} to=${to} refresh=${refresh} onRefresh=${again} />
    ${variables === null ? html`<${Loading} lines=${6} />` : large ? html`<${Large} dashboard=${dashboard} id=${large} view=${view} />` : html`<${Grid} dashboard=${dashboard} view=${view} variables=${variables} />`}
  <//>`;
}

/** @param {{ dashboard: Dashboard, id: number, view: DashboardView }} props */
function Large({ dashboard, id, view }) {
  const panel = findPanel(dashboard.panels, id);
  const back = html`<button class="button" type="button" data-testid="panel-back" onClick=${() => setParams({ viewPanel: null })}><${Icon} name="back" />The whole dashboard</button>`;
  return html`<div class="large-panel">
    ${back}
    ${panel
      ? html`<${Panel} key=${id} panel=${panel} view=${view} large=${true} />`
      : html`<${EmptyNotice} icon="chart" title="This panel is not on the dashboard">It may have been renamed since the link was made.<//>`}
  </div>`;
}

/**
 * What the panels of a repeated row share: as all, but for the one value.
 * @param {DashboardView} view
 * @param {{ name: string, value: string, text: string }} pinned
 * @returns {DashboardView}
 */
function pinnedView(view, pinned) {
  const { name, value, text } = pinned;
  return { ...view, scope: { ...view.scope, [name]: [value] }, textScope: { ...view.textScope, [name]: text }, pinned };
}

/** @param {{ dashboard: Dashboard, view: DashboardView, variables: import("../grafana/types.js").VariableState[] }} props */
function Grid({ dashboard, view, variables }) {
  const once = useMemo(() => sections(dashboard.panels ?? []), [dashboard]);
  const laid = repeated(once, variables);
  const [toggled, setToggled] = useState(/** @type {ReadonlySet<number>} */ (new Set()));
  if (!laid.length) return html`<${EmptyNotice} icon="dashboards" title="This dashboard has no panels" />`;
  const toggle = (/** @type {number} */ index) => {
    const next = new Set(toggled);
    if (!next.delete(index)) next.add(index);
    setToggled(next);
  };
  return html`<div class="sections">${laid.map(({ row, panels, pinned }, index) => {
    const own = pinned ? pinnedView(view, pinned) : view;
    const open = row === null || toggled.has(index) === Boolean(row.collapsed);
    return html`<div class="section" key=${pinned ? `${row?.id} ${pinned.value}` : index}>
      ${row && html`<h2 class="row-head"><button type="button" aria-expanded=${String(open)} data-testid="row-toggle" onClick=${() => toggle(index)}>
        <${Icon} name=${open ? "down" : "chevron"} size=${15} />${interpolateText(row.title ?? "", own.textScope)}${!open && html`<span class="quiet">${panels.length} ${panels.length === 1 ? "panel" : "panels"}</span>`}
      </button></h2>`}
      ${open && html`<div class="grid">${panels.map(({ panel, column, row: line, width, height }) => html`<${Panel}
        key=${panel.id}
        panel=${panel}
        view=${own}
        style=${{ "--column": column, "--width": width, "--row": line, "--height": height }}
      />`)}</div>`}
    </div>`;
  })}</div>`;
}
