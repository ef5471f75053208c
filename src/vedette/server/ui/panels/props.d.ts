import type { DashboardView } from "../dashboard/view.js";
import type { Frame, Panel, TargetResult } from "../grafana/types.js";

/** What every kind of panel with data is given. */
export interface PanelProps {
  panel: Panel;
  frames: Frame[];
  results: TargetResult[];
  /** epoch milliseconds, of the moment the data were asked for */
  range: { from: number; to: number };
  view: DashboardView;
  /** with variables put in */
  title: string;
  fill: (text: string) => string;
  large: boolean;
  /** the person asked for the table behind the chart */
  asTable: boolean;
}
