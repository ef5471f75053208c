/** One panel: title, menu, and in its place the data, or why there are none. */

import { message, RequestError } from "../api/client.js";
import { setParams, withParams } from "../app/router.js";
import { askedTargets, askPanel, prepared } from "./panelQueries.js";
import { frames as toFrames } from "../grafana/frames.js";
import { showsEnd } from "../grafana/now.js";
import { interpolateText } from "../grafana/variables.js";
import { BarePanel } from "../panels/BarePanel.js";
import { GaugePanel } from "../panels/GaugePanel.js";
import { HeatmapPanel } from "../panels/HeatmapPanel.js";
import { Markdown } from "../panels/Markdown.js";
import { StatPanel } from "../panels/StatPanel.js";
import { TablePanel } from "../panels/TablePanel.js";
import { TextPanel } from "../panels/TextPanel.js";
import { TimeSeriesPanel } from "../panels/TimeSeriesPanel.js";
import { ErrorNotice, Loading } from "../parts/Notice.js";
import { Expression } from "../parts/Expression.js";
import { Guard } from "../parts/Guard.js";
import { Icon } from "../parts/Icon.js";
import { Menu } from "../parts/Menu.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../preact.js";

/** @typedef {import("../grafana/types.js").Panel} PanelModel */
/** @typedef {import("../grafana/types.js").TargetResult} TargetResult */
/** @typedef {import("./view.js").DashboardView} DashboardView */
/** @typedef {{ results: TargetResult[], errors: { refId: string, error: unknown }[], range: { from: number, to: number } }} Answer */

/** What draws which type of panel; others are shown as a table of their last values. @type {Record<string, any>} */
const KINDS = {
  timeseries: TimeSeriesPanel,
  graph: TimeSeriesPanel,
  stat: StatPanel,
  gauge: GaugePanel,
  heatmap: HeatmapPanel,
  table: TablePanel,
  "table-old": TablePanel,
};

/** @param {{ panel: PanelModel, view: DashboardView, large?: boolean, style?: Record<string, string | number> }} props */
export function Panel({ panel, view, large = false, style }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  const [mode, setMode] = useState(/** @type {"chart" | "table" | "queries"} */ ("chart"));
  useLayoutEffect(() => setWidth(Math.round(/** @type {HTMLElement} */ (element.current).clientWidth)), []);

  const isText = panel.type === "text";
  const { answer, loading, retry } = useAnswer(panel, view, width, isText);
  const fill = (/** @type {string} */ text) => interpolateText(text, view.textScope);
  const frames = useMemo(() => (answer ? toFrames(panel, answer.results, fill) : []), [panel, answer, view.textScope]);

  const title = fill(panel.title ?? "");
  const failed = answer !== null && answer.errors.length > 0 && !answer.results.length;
  const empty = answer !== null && !failed && !frames.some(({ values }) => values.some((value) => value !== null && !Number.isNaN(value)));
  const state = isText ? "ready" : answer === null ? "loading" : failed ? "error" : empty ? "empty" : "ready";
  const Kind = KINDS[panel.type] ?? BarePanel;

  const body = () => {
    if (isText) return html`<${TextPanel} panel=${panel} fill=${fill} />`;
    if (mode === "queries") return html`<${Queries} panel=${panel} view=${view} width=${width} />`;
    if (answer === null) return html`<${Loading} lines=${3} />`;
    if (failed) return html`<${ErrorNotice} title="The query failed" error=${answer.errors[0].error} retry=${retry} />`;
    if (empty) return html`<div class="panel-empty">${panel.fieldConfig?.defaults?.noValue ?? nothing(panel, view)}</div>`;
    const Shown = mode === "table" ? TablePanel : Kind;
    return html`<${Shown} panel=${panel} frames=${frames} results=${answer.results} range=${answer.range} view=${view} title=${title} fill=${fill} large=${large} asTable=${mode === "table"} />`;
  };

  return html`<section
    ref=${element}
    class=${`panel panel-${panel.type}${panel.transparent ? " transparent" : ""}${large ? " large" : ""}`}
    style=${style}
    aria-label=${title || `Panel ${panel.id}`}
    aria-busy=${String(loading)}
    data-testid="panel"
    data-panel-id=${panel.id}
    data-panel-type=${panel.type}
    data-state=${state}
  >
    <header class="panel-head">
      <h3 title=${title}>${title}</h3>
      ${panel.description && html`<${Description} title=${title} text=${fill(panel.description)} />`}
      ${answer && answer.errors.length > 0 && !failed && html`<span class="panel-warning" title=${answer.errors.map(({ refId, error }) => `${refId}: ${message(error)}`).join("\n")} role="img" aria-label="Some queries of this panel failed"><${Icon} name="warning" size=${15} /></span>`}
      <span class="spacer"></span>
      ${loading && answer && html`<i class="busy" aria-hidden="true"></i>`}
      ${!isText && html`<${PanelMenu} panel=${panel} pinned=${view.pinned} large=${large} mode=${mode} setMode=${setMode} title=${title} fill=${fill} />`}
    </header>
    <div class="panel-body"><${Guard} title="This panel could not be drawn">${body()}<//></div>
  </section>`;
}

/**
 * The answer to a panel's queries. A refresh waits for the answer under way; another range or other variables replace it.
 * The last answer stays meanwhile, and also when the server cannot be reached.
 * @param {PanelModel} panel
 * @param {DashboardView} view
 * @param {number} width
 * @param {boolean} idle
 */
function useAnswer(panel, view, width, idle) {
  const [answer, setAnswer] = useState(/** @type {Answer | null} */ (null));
  const [loading, setLoading] = useState(!idle);
  const [attempt, setAttempt] = useState(0);
  const running = useRef(/** @type {AbortController | null} */ (null));
  const question = JSON.stringify([panel.id, view.rangeKey, view.scope, view.scrape, attempt]);
  useEffect(() => () => running.current?.abort(), [question]);
  useEffect(() => {
    if (idle || !width || (running.current && !running.current.signal.aborted)) return;
    const controller = new AbortController();
    const { range } = view;
    running.current = controller;
    setLoading(true);
    askPanel(panel, view, width, controller.signal).then(
      ({ results, errors }) => {
        running.current = null;
        setLoading(false);
        setAnswer((before) => (before?.results.length && !results.length && errors.every(unreachable) ? { ...before, errors } : { results, errors, range }));
      },
      () => undefined, // replaced by another question
    );
  }, [question, view.tick, width > 0]);
  return { answer, loading, retry: () => setAttempt((count) => count + 1) };
}

/** @param {{ error: unknown }} failure */
function unreachable({ error }) {
  return error instanceof RequestError && error.status === 0;
}

/** What stands where there is nothing. @param {PanelModel} panel @param {DashboardView} view */
function nothing(panel, view) {
  if (!showsEnd(panel)) return "No data in this time range";
  return view.time.to.startsWith("now") ? "No value now" : "No value at the end of this time range";
}

/** @param {{ title: string, text: string }} props */
function Description({ title, text }) {
  return html`<span class="hint">
    <button class="hint-button" type="button" aria-label=${`About ${title || "this panel"}`}><${Icon} name="info" size=${14} /></button>
    <span class="hint-text" role="tooltip"><${Markdown} text=${text} /></span>
  </span>`;
}

/** @param {{ panel: PanelModel, pinned: DashboardView["pinned"], large: boolean, mode: string, setMode: (mode: any) => void, title: string, fill: (text: string) => string }} props */
function PanelMenu({ panel, pinned, large, mode, setMode, title, fill }) {
  const view = { viewPanel: large ? null : String(panel.id), ...(pinned && { [`var-${pinned.name}`]: pinned.value }) };
  const toggle = (/** @type {string} */ wanted) => () => setMode(mode === wanted ? "chart" : wanted);
  return html`<div class="panel-tools">
    <button
      class="icon-button panel-view"
      type="button"
      data-testid="panel-view"
      aria-label=${large ? "Back to the dashboard" : `Show ${title} large`}
      title=${large ? "Back to the dashboard (Esc)" : "Show large"}
      onClick=${() => setParams(view)}
    ><${Icon} name=${large ? "shrink" : "expand"} size=${14} /></button>
    <${Menu} label=${`Menu of ${title}`} testid="panel-menu">
      ${panel.type !== "table" && html`<button type="button" onClick=${toggle("table")}><${Icon} name=${mode === "table" ? "chart" : "table"} size=${15} />${mode === "table" ? "Show as chart" : "Show as table"}</button>`}
      <button type="button" onClick=${toggle("queries")}><${Icon} name="code" size=${15} />${mode === "queries" ? "Hide the queries" : "Show the queries"}</button>
      <a href=${withParams(view)}><${Icon} name=${large ? "shrink" : "expand"} size=${15} />${large ? "Back to the dashboard" : "Show large"}</a>
      ${(panel.links ?? []).map((link) => html`<a key=${link.url} href=${fill(link.url)}><${Icon} name="external" size=${15} />${fill(link.title)}</a>`)}
    <//>
  </div>`;
}

/** @param {{ panel: PanelModel, view: DashboardView, width: number }} props */
function Queries({ panel, view, width }) {
  return html`<div class="queries">
    ${askedTargets(panel).map((target) => {
      const { expr, step, instant } = prepared(panel, target, view, width);
      return html`<div key=${target.refId}>
        <div class="quiet">${target.refId} · ${instant ? "instant" : `every ${step / 1000} s`}</div>
        <${Expression} text=${expr} />
      </div>`;
    })}
  </div>`;
}
