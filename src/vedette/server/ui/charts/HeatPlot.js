/** Cells over time on a canvas: time to the right, buckets upwards, the more there is in a cell the stronger its colour. */

import { theme } from "../app/theme.js";
import { canvasColor, color } from "../grafana/colors.js";
import { rowOf, strength } from "../grafana/heat.js";
import { format, stamp } from "../grafana/units.js";
import { html, useEffect, useLayoutEffect, useRef } from "../preact.js";
import uPlot from "../vendor/uplot.js";
import { exemplarDots } from "./dots.js";
import { fitted } from "./fitted.js";
import { momentLines } from "./moments.js";
import { chartOptions } from "./options.js";
import { regionMarks } from "./regions.js";

/** @typedef {ReturnType<typeof import("../grafana/heat.js").heatOf>} Heat */

/** Strengths that are told apart; each is one colour. */
const TONES = 24;

/** @param {number} part 0 to 1 @returns {string} CSS text */
export function tone(part) {
  return `color-mix(in srgb, var(--heat) ${Math.round(8 + 92 * part)}%, var(--heat-cold))`;
}

/**
 * @param {object} props
 * @param {Heat} props.heat
 * @param {string} props.unit of the bounds
 * @param {string} props.cellUnit
 * @param {{ from: number, to: number }} props.range epoch seconds
 * @param {import("../grafana/types.js").Region[]} props.regions
 * @param {import("./dots.js").Dot[]} props.dots
 * @param {string} props.syncKey
 * @param {(from: number, to: number) => void} props.onZoom
 * @param {string} props.label
 */
export function HeatPlot({ heat, unit, cellUnit, range, regions, dots, syncKey, onZoom, label }) {
  const holder = useRef(/** @type {HTMLDivElement | null} */ (null));
  const chart = useRef(/** @type {uPlot | null} */ (null));
  const latest = useRef({ heat, range, regions, dots, onZoom });
  latest.current = { heat, range, regions, dots, onZoom };
  const shape = JSON.stringify([theme.value, heat.bounds, heat.floor, unit, cellUnit, syncKey]);

  useLayoutEffect(() => {
    const element = /** @type {HTMLDivElement} */ (holder.current);
    const size = () => ({ width: Math.max(60, element.clientWidth), height: Math.max(40, element.clientHeight) });
    const line = { name: "", color: "transparent", values: [], drawn: [], unit: "", style: /** @type {const} */ ("line"), width: 0, fill: 0, spanGaps: false, points: false, scale: "y", shown: true, stacked: false };
    const scale = { key: "y", unit: "", min: 0, max: heat.bounds.length, zero: true, right: false, hidden: false };
    const plugins = [
      regionMarks(() => latest.current.regions),
      cells(() => latest.current.heat),
      momentLines(() => latest.current.regions),
      exemplarDots(() => latest.current.dots.map((dot) => ({ ...dot, at: rowOf(dot.value, latest.current.heat) })), () => "y"),
      cellTip(() => ({ ...latest.current, unit, cellUnit })),
    ];
    const zoom = (/** @type {number} */ from, /** @type {number} */ to) => latest.current.onZoom(from, to);
    const options = chartOptions({ lines: [line], scales: [scale], range: () => latest.current.range, syncKey }, size(), plugins, zoom);
    const edges = [heat.floor, ...heat.bounds].map((bound) => (bound === Infinity ? "∞" : format(bound, unit)));
    Object.assign(/** @type {uPlot.Axis[]} */ (options.axes)[1], {
      space: 22,
      incrs: [1, 2, 3, 4, 5, 10],
      values: (/** @type {uPlot} */ _, /** @type {number[]} */ splits) => splits.map((at) => edges[at] ?? ""),
    });
    const made = new uPlot(options, columns(latest.current.heat), element);
    chart.current = made;
    const unfit = fitted(element, made, size);
    return () => {
      unfit();
      made.destroy();
      chart.current = null;
    };
  }, [shape]);

  useEffect(() => {
    chart.current?.setData(columns(heat));
  }, [heat, range.from, range.to, regions, dots]);

  return html`<div class="plot" ref=${holder} role="img" aria-label=${label}></div>`;
}

/** @param {Heat} heat @returns {uPlot.AlignedData} */
function columns({ times }) {
  return [times, new Array(times.length).fill(null)];
}

/** @param {() => Heat} heat @returns {uPlot.Plugin} */
function cells(heat) {
  const tones = Array.from({ length: TONES }, (_, index) => canvasColor(tone((index + 1) / TONES)));
  return {
    hooks: {
      drawClear: (chart) => {
        const { times, step, cells: rows, most } = heat();
        const { left, width, top, height } = chart.bbox;
        const gap = window.devicePixelRatio;
        chart.ctx.save();
        chart.ctx.beginPath();
        chart.ctx.rect(left, top, width, height);
        chart.ctx.clip();
        const edges = Array.from({ length: rows.length + 1 }, (_, row) => Math.round(chart.valToPos(row, "y", true)));
        times.forEach((time, column) => {
          const from = Math.round(chart.valToPos(time - step / 2, "x", true));
          const to = Math.round(chart.valToPos(time + step / 2, "x", true));
          const wide = Math.max(1, to - from - (to - from > 4 * gap ? gap : 0));
          rows.forEach((row, index) => {
            const value = row[column];
            if (!value) return;
            chart.ctx.fillStyle = tones[Math.max(0, Math.ceil(strength(value, most) * TONES) - 1)];
            chart.ctx.fillRect(from, edges[index + 1] + gap, wide, Math.max(1, edges[index] - edges[index + 1] - gap));
          });
        });
        chart.ctx.restore();
      },
    },
  };
}

/**
 * The box beside the cursor: the bucket it is on, and what stands in it.
 * @param {() => { heat: Heat, regions: import("../grafana/types.js").Region[], unit: string, cellUnit: string }} content
 * @returns {uPlot.Plugin}
 */
function cellTip(content) {
  const box = document.createElement("div");
  box.className = "tooltip";
  box.hidden = true;
  let over = false;
  return {
    hooks: {
      init: (chart) => {
        chart.over.append(box);
        chart.over.addEventListener("mouseenter", () => (over = true));
        chart.over.addEventListener("mouseleave", () => {
          over = false;
          box.hidden = true;
        });
      },
      setCursor: (chart) => {
        const { idx, left = -1, top = -1 } = chart.cursor;
        const { heat, regions, unit, cellUnit } = content();
        const row = Math.floor(chart.posToVal(top, "y"));
        const value = idx === null || idx === undefined ? null : heat.cells[row]?.[idx];
        box.hidden = true;
        if (!over || left < 0 || idx === null || idx === undefined || value === null || value === undefined) return;
        box.hidden = false;
        const total = heat.cells.reduce((sum, cells) => sum + (cells[idx] ?? 0), 0);
        const [low, high] = [row ? heat.bounds[row - 1] : heat.floor, heat.bounds[row]];
        const between = high === Infinity ? `over ${format(low, unit)}` : `${format(low, unit)} to ${format(high, unit)}`;
        box.replaceChildren(
          words("div", "tooltip-time", stamp(new Date(heat.times[idx] * 1000))),
          words("div", "tooltip-row", between, words("b", "", format(value, cellUnit))),
          words("div", "tooltip-more", total > 0 ? `${format(value / total, "percentunit")} of all` : ""),
          ...regions.filter(({ from, to }) => heat.times[idx] >= from - heat.step && heat.times[idx] <= to + heat.step).slice(0, 3).map((region) => {
            const mark = words("div", "tooltip-mark", region.title);
            mark.style.borderColor = color(region.color);
            return mark;
          }),
        );
        const room = chart.over.getBoundingClientRect();
        const x = room.left + left + 16 + box.offsetWidth > window.innerWidth ? left - box.offsetWidth - 16 : left + 16;
        box.style.transform = `translate(${Math.round(x)}px, ${Math.round(Math.max(0, top - box.offsetHeight / 2))}px)`;
      },
    },
  };
}

/** @param {string} tag @param {string} name @param {string} text @param {...Node} children */
function words(tag, name, text, ...children) {
  const made = document.createElement(tag);
  made.className = name;
  if (children.length) made.append(words("span", "tooltip-name", text), ...children);
  else made.textContent = text;
  return made;
}
