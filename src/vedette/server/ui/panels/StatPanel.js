/** One big number a series, with the shape of its recent past behind it. */

import { Sparkline } from "../charts/Sparkline.js";
import { dataLinks } from "../grafana/links.js";
import { html } from "../preact.js";
import { calculation, reading } from "./reading.js";

/** @param {import("./props.js").PanelProps} props */
export function StatPanel({ panel, frames, range, view, title }) {
  const options = panel.options ?? {};
  const calc = calculation(panel);
  const named = options.textMode === "value_and_name" || options.textMode === "name" || (frames.length > 1 && options.textMode !== "value");
  const seconds = { from: range.from / 1000, to: range.to / 1000 };
  return html`<div class="stats" data-count=${frames.length}>
    ${frames.map((frame, index) => {
      const { prefix, text, suffix, color } = reading(frame, calc);
      const background = options.colorMode === "background" || options.colorMode === "background_solid";
      const [lead] = dataLinks(frame.config.links, { labels: frame.labels, scope: view.textScope, time: view.time, range });
      const tone = options.colorMode === "none" ? "var(--text)" : color;
      return html`<div key=${index} class=${`stat${background ? " filled" : ""}${options.justifyMode === "center" ? " centered" : ""}`} style=${{ "--tone": tone }}>
        <div class="stat-text">
          ${named && html`<div class="stat-name" title=${frame.name}>${frame.name}</div>`}
          ${options.textMode !== "name" && html`<div class="stat-value" aria-label=${`${frames.length > 1 ? frame.name : title}: ${prefix}${text} ${suffix}`}>${prefix}${text}${suffix && html`<small>${suffix}</small>`}</div>`}
        </div>
        ${options.graphMode === "area" && frame.values.length > 1 && html`<${Sparkline} times=${frame.times} values=${frame.values} range=${seconds} color=${background ? "rgba(255,255,255,.85)" : tone} min=${frame.config.min} />`}
        ${lead && html`<a class="stat-lead" href=${lead.href} title=${lead.title} aria-label=${`${named ? frame.name : title}: ${lead.title}`} data-testid="data-link"></a>`}
      </div>`;
    })}
  </div>`;
}
