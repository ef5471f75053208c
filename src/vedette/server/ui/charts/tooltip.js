/** The box beside the cursor of a chart: the time and the values there. */

import { color } from "../grafana/colors.js";
import { format, stamp } from "../grafana/units.js";

/** @typedef {import("../vendor/uplot.js").default} Chart */
/** @typedef {import("./options.js").Line} Line */
/** @typedef {import("../grafana/types.js").Region} Region */

const MOST_ROWS = 14;

/**
 * @param {() => { lines: Line[], regions: Region[], mode: string, sort: string }} content
 * @returns {import("../vendor/uplot.js").default.Plugin}
 */
export function tooltip(content) {
  const box = document.createElement("div");
  box.className = "tooltip";
  box.hidden = true;
  let over = false;
  let focused = -1;

  /** @param {Chart} chart */
  const place = (chart) => {
    const { left = -1, top = 0 } = chart.cursor;
    const room = chart.over.getBoundingClientRect();
    const width = box.offsetWidth;
    const height = box.offsetHeight;
    const x = room.left + left + 16 + width > window.innerWidth ? left - width - 16 : left + 16;
    const y = Math.min(Math.max(top - height / 2, 4 - room.top), window.innerHeight - room.top - height - 4);
    box.style.transform = `translate(${Math.round(Math.max(x, 4 - room.left))}px, ${Math.round(y)}px)`;
  };

  return {
    hooks: {
      init: (chart) => {
        chart.over.append(box);
        chart.over.addEventListener("mouseenter", () => {
          over = true;
        });
        chart.over.addEventListener("mouseleave", () => {
          over = false;
          box.hidden = true;
        });
      },
      setSeries: (_, index) => {
        focused = index ?? -1;
      },
      setCursor: (chart) => {
        const at = chart.cursor.idx;
        const { lines, regions, mode, sort } = content();
        if (!over || mode === "none" || at === null || at === undefined || (chart.cursor.left ?? -1) < 0) {
          box.hidden = true;
          return;
        }
        fill(box, chart.data[0][at], rowsAt(chart, lines, at, mode === "single" ? focused : -1, sort), focused);
        mark(box, regions, chart.data[0][at], (chart.data[0][1] ?? 0) - (chart.data[0][0] ?? 0));
        box.hidden = box.childElementCount < 2;
        if (!box.hidden) place(chart);
      },
    },
  };
}

/**
 * @param {Chart} chart
 * @param {Line[]} lines
 * @param {number} at
 * @param {number} only one series, or -1 for all
 * @param {string} sort
 */
function rowsAt(chart, lines, at, only, sort) {
  const rows = lines
    .map((line, index) => ({ line, index: index + 1, value: line.values[at] ?? null }))
    .filter(({ index, value }) => value !== null && chart.series[index].show && (only < 1 || only === index));
  if (sort !== "none") rows.sort((a, b) => (sort === "asc" ? 1 : -1) * (/** @type {number} */ (a.value) - /** @type {number} */ (b.value)));
  return rows;
}

/**
 * @param {HTMLElement} box
 * @param {number} time
 * @param {{ line: Line, index: number, value: number | null }[]} rows
 * @param {number} focused
 */
function fill(box, time, rows, focused) {
  box.replaceChildren(element("div", "tooltip-time", stamp(new Date(time * 1000))));
  for (const { line, index, value } of rows.slice(0, MOST_ROWS)) {
    const row = element("div", index === focused ? "tooltip-row focused" : "tooltip-row", "");
    const swatch = element("i", "swatch", "");
    swatch.style.background = line.color;
    row.append(swatch, element("span", "tooltip-name", line.name), element("b", "", format(value, line.unit, line.decimals)));
    box.append(row);
  }
  if (rows.length > MOST_ROWS) box.append(element("div", "tooltip-more", `and ${rows.length - MOST_ROWS} more`));
}

/**
 * The annotations that hold at a time, within a step.
 * @param {HTMLElement} box
 * @param {Region[]} regions
 * @param {number} time
 * @param {number} step
 */
function mark(box, regions, time, step) {
  const held = regions.filter(({ from, to }) => time >= from - step && time <= to + step);
  for (const { title, text, color: name } of held.slice(0, 4)) {
    const row = element("div", "tooltip-mark", title);
    row.style.borderColor = color(name);
    if (text) row.append(element("span", "", text));
    box.append(row);
  }
}

/** @param {string} tag @param {string} name @param {string} text */
function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}
