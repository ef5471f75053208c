/** What an alert measures, over the last hour, against its limit. */

import { queryRange } from "../api/client.js";
import { clockKnown, present } from "../app/present.js";
import { useResource } from "../app/resource.js";
import { Plot } from "../charts/Plot.js";
import { paletteColor } from "../grafana/colors.js";
import { aligned, frames as toFrames } from "../grafana/frames.js";
import { ErrorNotice, Loading } from "../parts/Notice.js";
import { html, useMemo } from "../preact.js";
import { condition } from "../promql/condition.js";

const SPAN = 3600;
const STEP = 15;
/** Measures with more series than this say little in a small chart. */
const MOST_LINES = 40;

/** @param {{ rule: import("../api/types.js").AlertingRule }} props */
export function AlertChart({ rule }) {
  const { measure, operator, limit } = condition(rule.query);
  const { data, error, reload } = useResource(async (signal) => {
    await clockKnown;
    const end = Math.floor(present() / 1000 / STEP) * STEP;
    const window = { start: end - SPAN, end, step: STEP };
    return { window, series: await queryRange(measure, window, signal) };
  }, [measure], { topics: ["data"], every: 5000 });
  const drawn = useMemo(() => data && lines(data, measure), [data]);

  if (error && !data) return html`<${ErrorNotice} title="The expression could not be drawn" error=${error} retry=${reload} />`;
  if (!data || !drawn) return html`<div class="alert-chart"><${Loading} lines=${3} /></div>`;
  if (!drawn.lines.length) return html`<p class="quiet">The expression gave nothing in the last hour.</p>`;
  const scale = { key: "y", unit: "", zero: false, right: false, hidden: false, softMin: limit, softMax: limit };
  const limits = limit === null ? [] : [{ scale: "y", style: "line", steps: [{ color: "transparent", value: -Infinity }, { color: "red", value: limit }] }];
  return html`<figure class="alert-chart">
    <figcaption class="quiet">${limit === null ? "The last hour" : `The last hour; the alert is for values ${operator} ${limit}`}${drawn.left ? `; ${drawn.left} more series are not drawn` : ""}</figcaption>
    <${Plot} times=${drawn.times} lines=${drawn.lines} scales=${[scale]} range=${{ from: data.window.start, to: data.window.end }} limits=${limits} label=${`${rule.name}: the measured value over the last hour`} />
  </figure>`;
}

/**
 * @param {{ window: import("../grafana/types.js").PanelWindow, series: import("../api/types.js").SeriesResult[] }} data
 * @param {string} measure
 */
function lines({ window, series }, measure) {
  const results = [{ target: { refId: "A", expr: measure }, series: series.slice(0, MOST_LINES), window }];
  const all = toFrames({ id: 0, type: "timeseries", gridPos: { x: 0, y: 0, w: 24, h: 8 } }, results, (text) => text);
  const { times, columns } = aligned(all, results);
  return {
    times,
    left: Math.max(0, series.length - MOST_LINES),
    lines: all.map(({ name }, index) => ({
      name: name === measure ? "value" : name,
      color: paletteColor(index),
      values: columns[index],
      drawn: columns[index],
      unit: "",
      style: /** @type {const} */ ("line"),
      width: 1.5,
      fill: all.length === 1 ? 8 : 0,
      spanGaps: false,
      points: false,
      scale: "y",
      shown: true,
      stacked: false,
    })),
  };
}
