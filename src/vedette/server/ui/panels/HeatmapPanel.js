/** The buckets of a histogram over time, with the scale of its colours and the exemplars on it. */

import { HeatPlot, tone } from "../charts/HeatPlot.js";
import { heatOf } from "../grafana/heat.js";
import { format } from "../grafana/units.js";
import { html, useMemo } from "../preact.js";
import { dotsOf } from "./dots.js";

/** @param {import("./props.js").PanelProps} props */
export function HeatmapPanel({ panel, results, range, view, title }) {
  const heat = useMemo(() => heatOf(results), [results]);
  const seconds = useMemo(() => ({ from: range.from / 1000, to: range.to / 1000 }), [range]);
  const unit = panel.options?.yAxis?.unit ?? panel.fieldConfig?.defaults?.unit ?? "";
  const cellUnit = panel.options?.cellValues?.unit ?? "short";
  const dots = useMemo(() => dotsOf(results, unit), [results, unit]);
  const steps = Array.from({ length: 8 }, (_, index) => tone((index + 1) / 8)).join(", ");
  return html`<div class="chart-with-legend">
    <${HeatPlot}
      heat=${heat}
      unit=${unit}
      cellUnit=${cellUnit}
      range=${seconds}
      regions=${view.regions}
      dots=${dots}
      syncKey=${view.syncKey}
      onZoom=${view.zoom}
      label=${`Heatmap of ${title || "this panel"}: ${heat.bounds.length} buckets. The panel's menu shows it as a table.`}
    />
    ${panel.options?.legend?.show !== false && html`<div class="heat-scale" data-testid="heat-scale">
      <span>0</span><i style=${{ background: `linear-gradient(to right, ${steps})` }}></i><span>${format(heat.most, cellUnit)}</span>
      ${dots.length > 0 && html`<span class="heat-events"><i class="exemplar-mark"></i>${dots.length} ${dots.length === 1 ? "exemplar" : "exemplars"}</span>`}
    </div>`}
  </div>`;
}
