/** A chart over time. The canvas is made anew when its shape changes and refilled when only its data do. */

import { theme } from "../app/theme.js";
import { html, useEffect, useLayoutEffect, useRef } from "../preact.js";
import uPlot from "../vendor/uplot.js";
import { exemplarDots } from "./dots.js";
import { fitted } from "./fitted.js";
import { momentLines } from "./moments.js";
import { chartOptions } from "./options.js";
import { regionMarks } from "./regions.js";
import { limitLines } from "./thresholds.js";
import { tooltip } from "./tooltip.js";

/** @typedef {import("./options.js").Line} Line */
/** @typedef {import("./options.js").Scale} Scale */

/**
 * @param {object} props
 * @param {number[]} props.times epoch seconds
 * @param {Line[]} props.lines
 * @param {Scale[]} props.scales
 * @param {{ from: number, to: number }} props.range epoch seconds
 * @param {import("./thresholds.js").Limits[]} [props.limits]
 * @param {import("../grafana/types.js").Region[]} [props.regions] annotations
 * @param {import("./dots.js").Dot[]} [props.dots] exemplars, on the first value scale
 * @param {{ mode: string, sort: string }} [props.hover]
 * @param {string} [props.syncKey] charts with the same key share the cursor
 * @param {(from: number, to: number) => void} [props.onZoom]
 * @param {boolean} [props.timeAxis]
 * @param {string} props.label what a screen reader says
 */
export function Plot({ times, lines, scales, range, limits = [], regions = [], dots = [], hover = { mode: "multi", sort: "desc" }, syncKey, onZoom, timeAxis, label }) {
  const holder = useRef(/** @type {HTMLDivElement | null} */ (null));
  const chart = useRef(/** @type {uPlot | null} */ (null));
  const latest = useRef({ times, lines, range, regions, dots, hover, onZoom });
  latest.current = { times, lines, range, regions, dots, hover, onZoom };

  const shape = JSON.stringify([
    theme.value,
    lines.map(({ values, drawn, ...line }) => line),
    scales,
    limits,
    syncKey,
    Boolean(onZoom),
    timeAxis,
  ]);

  useLayoutEffect(() => {
    const element = /** @type {HTMLDivElement} */ (holder.current);
    const size = () => ({ width: Math.max(60, element.clientWidth), height: Math.max(40, element.clientHeight) });
    const zoom = onZoom && ((/** @type {number} */ from, /** @type {number} */ to) => latest.current.onZoom?.(from, to));
    const plugins = [
      limitLines(limits),
      regionMarks(() => latest.current.regions),
      momentLines(() => latest.current.regions),
      exemplarDots(() => latest.current.dots, () => scales[0]?.key ?? ""),
      tooltip(() => ({ lines: latest.current.lines, regions: latest.current.regions, ...latest.current.hover })),
    ];
    const options = chartOptions({ lines, scales, range: () => latest.current.range, syncKey, timeAxis }, size(), plugins, zoom);
    const made = new uPlot(options, data(latest.current), element);
    chart.current = made;
    const unfit = fitted(element, made, size);
    return () => {
      unfit();
      made.destroy();
      chart.current = null;
    };
  }, [shape]);

  useEffect(() => {
    chart.current?.setData(data({ times, lines }));
  }, [times, lines, range.from, range.to, regions, dots]);

  return html`<div class="plot" ref=${holder} role="img" aria-label=${label}></div>`;
}

/**
 * @param {{ times: number[], lines: Line[] }} chart
 * @returns {uPlot.AlignedData}
 */
function data({ times, lines }) {
  return [times, ...lines.map(({ drawn }) => drawn)];
}
