/** Rows and columns, sorted by a click on a heading; also what stands behind every chart. */

import { color } from "../grafana/colors.js";
import { reduce } from "../grafana/reduce.js";
import { dataLinks } from "../grafana/links.js";
import { compare, table as toTable } from "../grafana/table.js";
import { mapped, thresholdColor } from "../grafana/thresholds.js";
import { format, stamp } from "../grafana/units.js";
import { html, useMemo, useState } from "../preact.js";

/** @typedef {import("../grafana/types.js").TableColumn} TableColumn */
/** @typedef {import("../grafana/types.js").TableData} TableData */
/** @typedef {string | number | null} Cell */

const MOST_ROWS = 200;

/** @param {import("./props.js").PanelProps} props */
export function TablePanel({ panel, frames, results, asTable, range, view, title }) {
  const data = useMemo(() => (asTable ? behind(frames) : toTable(panel, results)), [panel, frames, results, asTable]);
  const preset = panel.options?.sortBy?.[0];
  const [order, setOrder] = useState(/** @type {{ column: string, descending: boolean } | null} */ (preset ? { column: preset.displayName, descending: Boolean(preset.desc) } : null));
  const [all, setAll] = useState(false);

  const at = order ? data.columns.findIndex(({ name }) => name === order.column) : -1;
  const rows = at < 0 ? data.rows : [...data.rows].sort((a, b) => ((order?.descending ? -1 : 1) * compare(a[at], b[at])));
  const shown = all ? rows : rows.slice(0, MOST_ROWS);
  const bounds = data.columns.map((_, index) => {
    const numbers = /** @type {number[]} */ (data.rows.map((row) => row[index]).filter((cell) => typeof cell === "number" && Number.isFinite(cell)));
    return { min: reduce("min", numbers) ?? 0, max: reduce("max", numbers) ?? 1 };
  });
  const leads = (/** @type {Cell[]} */ row, /** @type {TableColumn} */ { config }) =>
    config.links?.length ? dataLinks(config.links, { cells: Object.fromEntries(data.columns.map(({ name }, at) => [name, row[at]])), scope: view.textScope, time: view.time, range }) : [];
  const sortBy = (/** @type {TableColumn} */ column) => () =>
    setOrder(order?.column === column.name ? { column: column.name, descending: !order.descending } : { column: column.name, descending: column.kind === "number" });

  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${`Table of ${title}`}>
    <table class="data-table">
      <thead><tr>${data.columns.map((column, index) => html`<th
        key=${column.name}
        scope="col"
        class=${alignment(column)}
        style=${column.config.custom?.width ? { width: `${column.config.custom.width}px` } : undefined}
        aria-sort=${at === index ? (order?.descending ? "descending" : "ascending") : undefined}
      ><button type="button" onClick=${sortBy(column)}>${column.name}<span class="sort" aria-hidden="true">${at === index ? (order?.descending ? "↓" : "↑") : ""}</span></button></th>`)}</tr></thead>
      <tbody>${shown.map((row, index) => html`<tr key=${index}>${row.map((cell, position) => html`<${TableCell} key=${position} cell=${cell} column=${data.columns[position]} bounds=${bounds[position]} leads=${leads(row, data.columns[position])} />`)}</tr>`)}</tbody>
    </table>
    ${rows.length > shown.length && html`<button type="button" class="button" onClick=${() => setAll(true)}>Show all ${rows.length} rows</button>`}
  </div>`;
}

/** @param {{ cell: Cell, column: TableColumn, bounds: { min: number, max: number }, leads: import("../grafana/links.js").DataLink[] }} props */
function TableCell({ cell, column, bounds, leads }) {
  const { config } = column;
  const mapping = mapped(cell, config.mappings);
  const text = mapping?.text ?? cellText(cell, column);
  const kind = config.custom?.cellOptions?.type ?? config.custom?.displayMode ?? "auto";
  const named = mapping?.color ?? (typeof cell === "number" ? thresholdColor(cell, config, bounds) : null);
  const tone = named ? color(named) : undefined;
  const colored = kind !== "auto" || mapping?.color ? tone : undefined;
  if (kind === "gauge" || /gauge|lcd/.test(kind)) {
    const [least, most] = [config.min ?? Math.min(0, bounds.min), config.max ?? bounds.max];
    const share = typeof cell === "number" ? Math.min(1, Math.max(0, (cell - least) / (most - least || 1))) : 0;
    return html`<td class=${`bar-cell ${alignment(column)}`}><span class="bar" style=${{ width: `${(share * 100).toFixed(1)}%`, background: tone ?? "var(--accent)" }}></span><span class="bar-text">${text}</span></td>`;
  }
  const background = kind === "color-background" && colored;
  return html`<td class=${alignment(column)} style=${background ? { background: `color-mix(in srgb, ${colored} 22%, transparent)` } : colored ? { color: colored } : undefined}>${leads.length ? html`<a class="link" href=${leads[0].href} title=${leads[0].title} data-testid="data-link">${text}</a>` : text}</td>`;
}

/** @param {Cell} cell @param {TableColumn} column */
function cellText(cell, { kind, config }) {
  if (cell === null || cell === "") return config.noValue ?? "";
  if (kind === "time" && !config.unit) return stamp(new Date(Number(cell)));
  return typeof cell === "number" ? format(cell, config.unit, config.decimals) : cell;
}

/** @param {TableColumn} column */
function alignment({ kind, config }) {
  const wanted = config.custom?.align;
  return wanted && wanted !== "auto" ? `align-${wanted}` : kind === "number" ? "align-right" : "";
}

/**
 * The table behind a chart: a row a series, with what a reader would look for in the lines.
 * @param {import("../grafana/types.js").Frame[]} frames
 * @returns {TableData}
 */
function behind(frames) {
  const calcs = /** @type {[string, string][]} */ ([["Last", "lastNotNull"], ["Mean", "mean"], ["Min", "min"], ["Max", "max"]]);
  const units = new Set(frames.map(({ config }) => config.unit));
  const config = units.size === 1 ? { unit: frames[0]?.config.unit, decimals: frames[0]?.config.decimals } : {};
  return {
    columns: [{ name: "Series", kind: "string", config: {} }, ...calcs.map(([name]) => ({ name, kind: /** @type {const} */ ("number"), config }))],
    rows: frames.map(({ name, values }) => [name, ...calcs.map(([, calc]) => reduce(calc, values))]),
  };
}
