/** The part of Grafana's classic dashboard JSON (schema 36 to 42) that the page renders. */
import type { Labels } from "../api/types.js";

export interface Step {
  color: string;
  value: number | null;
}

export interface Thresholds {
  mode: "absolute" | "percentage";
  steps: Step[];
}

export interface Mapping {
  type: "value" | "range" | "regex" | "special";
  options: any;
}

export interface FieldConfig {
  unit?: string;
  decimals?: number | null;
  min?: number | null;
  max?: number | null;
  displayName?: string;
  noValue?: string;
  color?: { mode: string; fixedColor?: string };
  thresholds?: Thresholds;
  mappings?: Mapping[];
  links?: { title: string; url: string; targetBlank?: boolean }[];
  custom?: Record<string, any>;
}

export interface Override {
  matcher: { id: string; options: any };
  properties: { id: string; value: any }[];
}

export interface Target {
  refId: string;
  expr?: string;
  legendFormat?: string;
  instant?: boolean;
  range?: boolean;
  format?: "time_series" | "table" | "heatmap";
  interval?: string;
  hide?: boolean;
  exemplar?: boolean;
}

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPos;
  targets?: Target[];
  fieldConfig?: { defaults: FieldConfig; overrides: Override[] };
  options?: Record<string, any>;
  transformations?: { id: string; options: any; disabled?: boolean }[];
  links?: { title: string; url: string; targetBlank?: boolean }[];
  interval?: string;
  maxDataPoints?: number;
  collapsed?: boolean;
  repeat?: string;
  panels?: Panel[];
  transparent?: boolean;
}

export interface Variable {
  name: string;
  type: string;
  label?: string;
  description?: string;
  query?: any;
  definition?: string;
  regex?: string;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  hide?: number;
  sort?: number;
  refresh?: number;
  current?: { text?: string | string[]; value?: string | string[] };
  options?: { text: string; value: string; selected?: boolean }[];
  auto?: boolean;
}

export interface DashboardLink {
  title: string;
  type?: string;
  url?: string;
  tags?: string[];
  includeVars?: boolean;
  keepTime?: boolean;
}

export interface Annotation {
  name: string;
  enable?: boolean;
  hide?: boolean;
  expr?: string;
  step?: string;
  iconColor?: string;
  titleFormat?: string;
  textFormat?: string;
  useValueForTime?: boolean;
}

/** A stretch of time in which an annotation's expression held. Epoch seconds. */
export interface Region {
  from: number;
  to: number;
  title: string;
  text: string;
  color: string;
  /** It is a point in time, not a stretch. */
  moment?: boolean;
}

export interface Dashboard {
  uid: string;
  title: string;
  description?: string;
  tags?: string[];
  panels: Panel[];
  templating?: { list: Variable[] };
  time?: { from: string; to: string };
  refresh?: string | false;
  links?: DashboardLink[];
  annotations?: { list: Annotation[] };
  schemaVersion?: number;
}

/** What a variable can be and is: the values offered and those selected (`$__all` for All). */
export interface VariableState {
  variable: Variable;
  options: { text: string; value: string }[];
  selected: string[];
  error?: string;
}

/** One series or one instant sample of a panel, named and configured. Times are epoch seconds. */
export interface Frame {
  refId: string;
  name: string;
  labels: Labels;
  times: number[];
  values: (number | null)[];
  config: FieldConfig;
  color: string;
}

export interface TimeRange {
  from: number;
  to: number;
}

export interface PanelWindow {
  start: number;
  end: number;
  step: number;
}

/** The answer to one target of a panel, before naming. `window` is absent for an instant query. */
export interface TargetResult {
  target: Target;
  series: import("../api/types.js").SeriesResult[];
  window: PanelWindow | null;
  exemplars?: import("./exemplars.js").Exemplar[];
}

export interface TableColumn {
  name: string;
  kind: "time" | "number" | "string";
  config: FieldConfig;
}

export interface TableData {
  columns: TableColumn[];
  rows: (string | number | null)[][];
}
