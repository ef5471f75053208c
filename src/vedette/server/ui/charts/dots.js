/** Exemplars on a chart: a dot for each, which leads to its trace where it is known where traces are. */

import { format, stamp } from "../grafana/units.js";

/** @typedef {import("../vendor/uplot.js").default} Chart */
/** @typedef {{ time: number, value: number, at: number, unit: string, href: string, words: string }} Dot `at` on the value scale */

/**
 * @param {() => Dot[]} dots
 * @param {() => string} scale key of the value scale
 * @returns {import("../vendor/uplot.js").default.Plugin}
 */
export function exemplarDots(dots, scale) {
  const layer = document.createElement("div");
  layer.className = "exemplars";
  return {
    hooks: {
      init: (chart) => chart.over.append(layer),
      draw: (chart) => {
        const { min, max } = chart.scales[scale()] ?? {};
        if (typeof min !== "number" || typeof max !== "number") return layer.replaceChildren();
        const { width } = chart.over.getBoundingClientRect();
        const shown = dots()
          .map((dot) => ({ dot, x: chart.valToPos(dot.time, "x"), y: chart.valToPos(Math.min(max, Math.max(min, dot.at)), scale()) }))
          .filter(({ x }) => x >= 0 && x <= width);
        return layer.replaceChildren(...shown.map(({ dot, x, y }) => made(dot, x, y)));
      },
    },
  };
}

/** @param {Dot} dot @param {number} x @param {number} y */
function made(dot, x, y) {
  const element = document.createElement(dot.href ? "a" : "span");
  const words = `${format(dot.value, dot.unit)} at ${stamp(new Date(dot.time * 1000))}${dot.words && `\n${dot.words}`}`;
  element.className = "exemplar";
  element.dataset.testid = "exemplar";
  element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  element.title = words;
  element.setAttribute("aria-label", `Exemplar: ${words}`);
  if (element instanceof HTMLAnchorElement) {
    element.href = dot.href;
    element.target = "_blank";
    element.rel = "noopener noreferrer";
    // a click is for the trace, and begins no zoom
    element.addEventListener("mousedown", (event) => event.stopPropagation());
  }
  return element;
}
