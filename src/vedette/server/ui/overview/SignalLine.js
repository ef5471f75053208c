/** One golden signal: its value now and its last half hour. */

import { message, queryRange } from "../api/client.js";
import { clockKnown, present } from "../app/present.js";
import { useResource } from "../app/resource.js";
import { Sparkline } from "../charts/Sparkline.js";
import { builtins } from "../dashboard/panelQueries.js";
import { sample } from "../grafana/frames.js";
import { paced } from "../grafana/pace.js";
import { reduce } from "../grafana/reduce.js";
import { parts } from "../grafana/units.js";
import { interpolate } from "../grafana/variables.js";
import { html } from "../preact.js";

const SPAN = 30 * 60_000;
const STEP = 15_000;
/** Live signals ask again at most this often, milliseconds; the value is that of the last such moment. */
const PAUSE = 5000;

/** @param {{ signal: import("../api/types.js").Signal, service: string }} props */
export function SignalLine({ signal, service }) {
  const { data, error } = useResource(async (abort) => {
    await clockKnown;
    const to = Math.floor(present() / PAUSE) * PAUSE;
    const range = { from: to - SPAN, to };
    const expr = interpolate(signal.expr, { ...builtins(range, STEP, STEP), job: [service] });
    const series = await queryRange(expr, { start: range.from / 1000, end: to / 1000, step: STEP / 1000 }, abort);
    return { range: { from: range.from / 1000, to: to / 1000 }, series };
  }, [signal.expr], { topics: ["data"], every: PAUSE });

  const first = data?.series[0];
  const times = first?.values?.map(([time]) => time) ?? [];
  const values = first?.values?.map(([, text]) => sample(text)) ?? [];
  const last = reduce("lastNotNull", values);
  const { config, factor } = paced({ unit: signal.unit }, [last]);
  const { prefix, text, suffix } = parts(last === null ? null : last * factor, config.unit);
  const href = `/d/${encodeURIComponent(signal.dashboard)}?viewPanel=${signal.panel}&var-job=${encodeURIComponent(service)}`;
  const state = data ? (values.length ? "ready" : "empty") : error ? "error" : "loading";
  return html`<a class="signal" href=${href} data-testid="signal" data-state=${state} title=${error && !data ? message(error) : signal.expr}>
    <span class="signal-name">${signal.title}</span>
    <span class="signal-value">${state === "error" ? html`<span class="signal-error">query failed</span>` : state === "loading" ? html`<span class="bone"></span>` : html`${prefix}${text}${suffix && html`<small>${suffix}</small>`}`}</span>
    <span class="signal-line">${data && html`<${Sparkline} times=${times} values=${values} range=${data.range} />`}</span>
  </a>`;
}
