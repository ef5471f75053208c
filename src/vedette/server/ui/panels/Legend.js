/** The names of a chart's series, with calculations; a click shows one alone, with Ctrl it hides one. */

import { legendOrder, sortedBy } from "../grafana/legend.js";
import { keepsUnit, reduce, title } from "../grafana/reduce.js";
import { format } from "../grafana/units.js";
import { DataLinks } from "../parts/DataLinks.js";
import { html, useState } from "../preact.js";

/** @typedef {import("../grafana/types.js").Frame} Frame */

/**
 * @param {object} props
 * @param {Frame[]} props.frames
 * @param {string} props.mode `list` or `table`
 * @param {string[]} props.calcs
 * @param {{ sortBy?: string, sortDesc?: boolean }} props.preset the order that the dashboard asks for; a click on a heading changes it
 * @param {ReadonlySet<string>} props.hidden names
 * @param {(hidden: ReadonlySet<string>) => void} props.setHidden
 * @param {(frame: Frame) => import("../grafana/links.js").DataLink[]} props.leads where a series leads to
 */
export function Legend({ frames, mode, calcs, preset, hidden, setHidden, leads }) {
  const [order, setOrder] = useState({ by: sortedBy(preset.sortBy), descending: Boolean(preset.sortDesc) });
  const shown = legendOrder(frames.filter(({ config }) => !config.custom?.hideFrom?.legend), order.by, order.descending);
  const sortBy = (/** @type {string} */ by) => () => setOrder({ by, descending: order.by !== by || !order.descending });
  const toggle = (/** @type {string} */ name) => (/** @type {MouseEvent} */ event) => {
    const others = frames.filter((frame) => frame.name !== name).map((frame) => frame.name);
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      const next = new Set(hidden);
      if (!next.delete(name)) next.add(name);
      setHidden(next);
    } else {
      const alone = !hidden.has(name) && others.length > 0 && others.every((other) => hidden.has(other));
      setHidden(new Set(alone ? [] : others));
    }
  };
  const value = (/** @type {Frame} */ { values, config }, /** @type {string} */ calc) =>
    keepsUnit(calc) ? format(reduce(calc, values), config.unit, config.decimals) : format(reduce(calc, values), calc === "diffperc" ? "percentunit" : "short");
  const name = (/** @type {Frame} */ frame) => html`<button
    type="button"
    class="legend-name"
    aria-pressed=${String(!hidden.has(frame.name))}
    title=${frame.name}
    onClick=${toggle(frame.name)}
  ><i class=${`swatch${frame.config.custom?.lineStyle?.fill === "dash" ? " dashed" : ""}`} style=${{ "--tone": frame.color, background: frame.color }}></i><span>${frame.name}</span></button><${DataLinks} links=${leads(frame)} />`;

  if (mode === "table" && calcs.length) {
    return html`<div class="legend" data-testid="legend"><table class="legend-table">
      <thead><tr><th scope="col"><span class="visually-hidden">Series</span></th>${calcs.map((by) => html`<th key=${by} scope="col" aria-sort=${order.by === by ? (order.descending ? "descending" : "ascending") : undefined}>
        <button type="button" onClick=${sortBy(by)}>${order.by === by && html`<span aria-hidden="true">${order.descending ? "↓" : "↑"} </span>`}${title(by)}</button>
      </th>`)}</tr></thead>
      <tbody>${shown.map((frame, index) => html`<tr key=${index} class=${hidden.has(frame.name) ? "off" : ""}>
        <th scope="row">${name(frame)}</th>${calcs.map((calc) => html`<td key=${calc}>${value(frame, calc)}</td>`)}
      </tr>`)}</tbody>
    </table></div>`;
  }
  return html`<ul class="legend legend-list" data-testid="legend">
    ${shown.map((frame, index) => html`<li key=${index} class=${hidden.has(frame.name) ? "off" : ""}>
      ${name(frame)}${calcs.map((calc) => html`<span key=${calc} class="legend-calc"><span class="quiet">${title(calc)}</span> ${value(frame, calc)}</span>`)}
    </li>`)}
  </ul>`;
}
