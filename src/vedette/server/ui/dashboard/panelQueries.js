/** The queries of a panel at one moment: their steps, their text with variables put in, and their answers. */

import { queryExemplars, queryInstant, queryRange } from "../api/client.js";
import { thinned } from "../grafana/exemplars.js";
import { showsEnd, showsPast, withEnd } from "../grafana/now.js";
import { duration, durationText, interval, rateInterval } from "../grafana/time.js";
import { interpolate } from "../grafana/variables.js";

/** @typedef {import("../grafana/types.js").Panel} Panel */
/** @typedef {import("../grafana/types.js").TargetResult} TargetResult */
/** @typedef {import("./view.js").DashboardView} DashboardView */

/** Prometheus refuses a range query of more points a series. */
const MOST_POINTS = 11_000;

/**
 * Grafana's built-in variables for a query with this step.
 * @param {{ from: number, to: number }} range epoch milliseconds
 * @param {number} step milliseconds
 * @param {number} scrape milliseconds
 * @returns {import("../grafana/variables.js").Scope}
 */
export function builtins(range, step, scrape) {
  const span = range.to - range.from;
  const rate = rateInterval(step, scrape);
  return {
    __interval: durationText(step),
    __interval_ms: String(step),
    __rate_interval: durationText(rate),
    __rate_interval_ms: String(rate),
    __range: durationText(Math.round(span / 1000) * 1000),
    __range_s: String(Math.round(span / 1000)),
    __range_ms: String(span),
    __from: String(range.from),
    __to: String(range.to),
  };
}

/**
 * @param {Panel} panel
 * @param {import("../grafana/types.js").Target} target
 * @param {DashboardView} view
 * @param {number} width of the panel in pixels, one point each at most
 * @returns {{ expr: string, step: number, instant: boolean }}
 */
export function prepared(panel, target, view, width) {
  const span = view.range.to - view.range.from;
  const least = Math.max(
    duration(interpolate(target.interval ?? "", view.scope)) ?? 0,
    duration(interpolate((panel.interval ?? "").replace(/^>/, ""), view.scope)) ?? 0,
    view.scrape,
    Math.ceil(span / MOST_POINTS),
  );
  const drawn = Math.max(100, Math.min(width, 1500));
  // what is drawn behind a number that is asked for itself needs no more points than there are pixels
  const step = interval(span, showsEnd(panel) ? Math.min(panel.maxDataPoints ?? drawn, drawn) : (panel.maxDataPoints ?? drawn), least);
  const scope = { ...view.scope, ...builtins(view.range, step, view.scrape) };
  const instant = Boolean(target.instant) && !target.range;
  return { expr: interpolate(target.expr ?? "", scope), step, instant };
}

/** Queries that are asked: with an expression and not hidden. @param {Panel} panel */
export function askedTargets(panel) {
  return (panel.targets ?? []).filter(({ expr, hide }) => expr && !hide);
}

/**
 * Asks all queries of a panel; one that fails does not take the others with it.
 * @param {Panel} panel
 * @param {DashboardView} view
 * @param {number} width
 * @param {AbortSignal} signal
 * @returns {Promise<{ results: TargetResult[], errors: { refId: string, error: unknown }[] }>}
 */
export async function askPanel(panel, view, width, signal) {
  const targets = askedTargets(panel);
  const settled = await Promise.allSettled(
    targets.map(async (target) => {
      const { expr, step, instant } = prepared(panel, target, view, width);
      const end = showsEnd(panel) && target.format !== "table";
      if (instant) return { target, series: await queryInstant(expr, view.range.to / 1000, signal), window: null };
      if (end && !showsPast(panel)) return { target, series: withEnd([], await queryInstant(expr, view.range.to / 1000, signal)), window: null };
      // on the grid of the step, so that a refresh moves no point
      const window = { start: (Math.floor(view.range.from / step) * step) / 1000, end: (Math.floor(view.range.to / step) * step) / 1000, step: step / 1000 };
      // events explain what is measured: that they cannot be had takes nothing with it
      const events = target.exemplar ? queryExemplars(expr, window, signal).then((found) => thinned(found, window), () => []) : [];
      const ends = end ? queryInstant(expr, view.range.to / 1000, signal) : null;
      const [series, last] = await Promise.all([queryRange(expr, window, signal), ends]);
      return { target, series: last ? withEnd(series, last) : series, window, exemplars: await events };
    }),
  );
  signal.throwIfAborted();
  /** @type {TargetResult[]} */
  const results = [];
  /** @type {{ refId: string, error: unknown }[]} */
  const errors = [];
  settled.forEach((outcome, index) => {
    if (outcome.status === "fulfilled") results.push(outcome.value);
    else errors.push({ refId: targets[index].refId, error: outcome.reason });
  });
  return { results, errors };
}
