/** A value on an arc between its least and its greatest, with the thresholds around it. */

import { color } from "../grafana/colors.js";
import { absoluteSteps } from "../grafana/thresholds.js";
import { format } from "../grafana/units.js";
import { html } from "../preact.js";
import { calculation, reading } from "./reading.js";

const START = -120;
const SWEEP = 240;

/** @param {import("./props.js").PanelProps} props */
export function GaugePanel({ panel, frames, title }) {
  const calc = calculation(panel);
  return html`<div class="gauges">${frames.map((frame, index) => html`<${Gauge} key=${index} frame=${frame} calc=${calc} title=${frames.length > 1 ? frame.name : title} named=${frames.length > 1} options=${panel.options ?? {}} />`)}</div>`;
}

/** @param {{ frame: import("../grafana/types.js").Frame, calc: string, title: string, named: boolean, options: Record<string, any> }} props */
function Gauge({ frame, calc, title, named, options }) {
  const { config } = frame;
  const { value, prefix, text, suffix, color: tone } = reading(frame, calc);
  const least = config.min ?? 0;
  const most = config.max ?? (config.unit === "percentunit" ? 1 : 100);
  const share = (/** @type {number} */ at) => Math.min(1, Math.max(0, (at - least) / (most - least || 1)));
  const steps = absoluteSteps(config, { min: least, max: most });
  return html`<div class="gauge">
    <svg viewBox="0 0 200 148" role="meter" aria-label=${title} aria-valuemin=${least} aria-valuemax=${most} aria-valuenow=${value ?? undefined} aria-valuetext=${`${prefix}${text} ${suffix}`}>
      <path class="gauge-track" d=${arc(0, 1, 78)} />
      ${value !== null && share(value) > 0 && html`<path d=${arc(0, share(value), 78)} style=${{ stroke: tone }} class="gauge-value" />`}
      ${options.showThresholdMarkers !== false && steps.map((step, index) => {
        const from = Number.isFinite(step.value) ? share(step.value) : 0;
        const to = steps[index + 1] ? share(steps[index + 1].value) : 1;
        return to > from && html`<path key=${index} d=${arc(from, to, 93)} class="gauge-limit" style=${{ stroke: color(step.color) }} />`;
      })}
      <text x="100" y="106" class="gauge-text" style=${{ fill: tone, fontSize: `${Math.min(36, 210 / (`${prefix}${text}`.length + suffix.length * 0.55 + 1))}px` }}>${prefix}${text}<tspan class="gauge-unit">${suffix && ` ${suffix}`}</tspan></text>
      ${options.showThresholdLabels && steps.slice(1).map((step) => {
        const [x, y] = point(share(step.value), 104);
        return html`<text key=${step.value} x=${x} y=${y} class="gauge-label">${format(step.value, config.unit)}</text>`;
      })}
    </svg>
    ${named && html`<div class="gauge-name">${title}</div>`}
  </div>`;
}

/** @param {number} share 0 to 1 of the sweep @param {number} radius @returns {[number, number]} */
function point(share, radius) {
  const angle = ((START + SWEEP * share - 90) * Math.PI) / 180;
  return [100 + radius * Math.cos(angle), 100 + radius * Math.sin(angle)];
}

/** @param {number} from @param {number} to @param {number} radius @returns {string} an SVG path */
function arc(from, to, radius) {
  const [x1, y1] = point(from, radius);
  const [x2, y2] = point(to, radius);
  return `M${x1.toFixed(2)},${y1.toFixed(2)}A${radius},${radius} 0 ${(to - from) * SWEEP > 180 ? 1 : 0} 1 ${x2.toFixed(2)},${y2.toFixed(2)}`;
}
