/** Any expression as a chart and a table: where an alert's "source" link leads. The address is Prometheus' own, `/graph?g0.expr=`. */

import { present } from "../app/present.js";
import { useTopics } from "../app/resource.js";
import { params, setParams } from "../app/router.js";
import { Panel } from "../dashboard/Panel.js";
import { Toolbar } from "../dashboard/Toolbar.js";
import { useStore } from "../dashboard/useStore.js";
import { openingFrom, range as resolveRange } from "../grafana/time.js";
import { EmptyNotice, Loading } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { html, useCallback, useMemo, useState } from "../preact.js";

const PAUSE = 5000;
const GRID = { x: 0, y: 0, w: 24, h: 9 };

/** @param {string} expr @returns {import("../grafana/types.js").Panel[]} */
function panels(expr) {
  const instant = { refId: "A", expr, instant: true, format: /** @type {const} */ ("table") };
  return [
    { id: 1, type: "timeseries", title: "Chart", gridPos: GRID, targets: [{ refId: "A", expr }], fieldConfig: { defaults: { custom: { fillOpacity: 5 } }, overrides: [] }, options: { legend: { displayMode: "list" } } },
    { id: 2, type: "table", title: "Now", gridPos: GRID, targets: [instant], transformations: [{ id: "organize", options: { excludeByName: { Time: true } } }] },
  ];
}

export function QueryPage() {
  const expr = params.value.get("g0.expr") ?? "";
  const to = params.value.get("to") ?? "now";
  const refresh = params.value.get("refresh") || "live";
  const store = useStore();
  const opening = useMemo(() => openingFrom("now-1h", "now", store?.oldest ?? 0, present()), [store]);
  const from = params.value.get("from") ?? opening;
  const [tick, setTick] = useState(0);
  const again = useCallback(() => setTick((count) => count + 1), []);
  useTopics(refresh === "off" ? [] : ["data"], PAUSE, again);
  const range = useMemo(() => resolveRange(from, to, present()) ?? { from: present() - 3_600_000, to: present() }, [from, to, tick, store]);
  const shown = useMemo(() => panels(expr), [expr]);
  const zoom = useCallback((/** @type {number} */ start, /** @type {number} */ end) => setParams({ from: String(Math.round(start * 1000)), to: String(Math.round(end * 1000)) }), []);
  const run = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    setParams({ "g0.expr": String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("expr")).trim() || null });
    again();
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    /** @type {HTMLTextAreaElement} */ (event.currentTarget).form?.requestSubmit();
  };
  const view = { uid: "query", range, rangeKey: `${from} ${to}`, time: { from, to }, scope: {}, textScope: {}, scrape: store?.scrape ?? 0, tick, regions: [], syncKey: "query", zoom };
  return html`<${Page} title="Query" testid="page-query">
    <form class="query-form" onSubmit=${run}>
      <textarea name="expr" data-filter data-testid="query-text" rows="3" spellcheck="false" autocomplete="off" aria-label="PromQL expression" placeholder="PromQL; Enter runs it, Shift and Enter starts a line" key=${expr} onKeyDown=${keys}>${expr}</textarea>
      <button class="button primary" type="submit" data-testid="query-run">Run</button>
    </form>
    <${Toolbar} variables=${[]} from=${from} to=${to} refresh=${refresh} onRefresh=${again} />
    ${!expr && html`<${EmptyNotice} icon="code" title="Write an expression">For example <code>sum by (job) (up)</code>.<//>`}
    ${expr && !store && html`<${Loading} />`}
    ${expr && store && html`<div class="query-panels">${shown.map((panel) => html`<${Panel} key=${`${panel.id} ${expr}`} panel=${panel} view=${view} />`)}</div>`}
  <//>`;
}
