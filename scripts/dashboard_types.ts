// A built dashboard in the types of one Grafana: those of the dashboard, of each kind of panel, and of a query.
import type { AnnotationQuery, Dashboard, FieldConfig, Panel, RowPanel, VariableModel } from "@grafana/schema";
import type * as gauge from "panel/gauge";
import type * as heatmap from "panel/heatmap";
import type * as stat from "panel/stat";
import type * as statetimeline from "panel/statetimeline";
import type * as table from "panel/table";
import type * as text from "panel/text";
import type * as timeseries from "panel/timeseries";
import type { PrometheusDataQuery } from "query/prometheus";

// JSON holds the values of an enum, where TypeScript wants its names.
type Json<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends readonly (infer Item)[]
        ? Json<Item>[]
        : T extends object
          ? { [Key in keyof T]: Json<T[Key]> }
          : T;

// Grafana adds the defaults of a panel to what is given; newer versions want more of it than older ones know.
type Of<Kind extends string, Options, Custom> = Omit<Json<Panel>, "type" | "options" | "fieldConfig" | "targets"> & {
  type: Kind;
  options: Partial<Json<Options>>;
  targets: Json<PrometheusDataQuery>[];
  fieldConfig: {
    defaults: Omit<Json<FieldConfig>, "custom"> & { custom?: Partial<Json<Custom>> };
    overrides: { matcher: { id: string; options?: unknown }; properties: { id: string; value?: unknown }[] }[];
  };
};
type Nothing = Record<string, never>;
type Shown =
  | Of<"gauge", gauge.Options, Nothing>
  | Of<"heatmap", heatmap.Options, heatmap.FieldConfig>
  | Of<"stat", stat.Options, Nothing>
  | Of<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>
  | Of<"table", table.Options, table.FieldConfig>
  | Of<"timeseries", timeseries.Options, timeseries.FieldConfig>
  | (Omit<Json<Panel>, "type" | "options"> & { type: "text"; options: Json<text.Options> });
type Row = Omit<Json<RowPanel>, "panels" | "type"> & { type: "row"; panels: Shown[] };

// What a data source adds, in no type of this package: QueryVariableModel of @grafana/data, and what
// PrometheusAnnotationSupport of @grafana/prometheus reads.
type Variable = Json<VariableModel> & { definition?: string };
type Mark = Json<AnnotationQuery> & {
  expr: string;
  step?: string;
  tagKeys?: string;
  textFormat?: string;
  titleFormat?: string;
  useValueForTime?: boolean;
};

export type Built = Omit<Json<Dashboard>, "panels" | "annotations" | "templating"> & {
  annotations: { list: Mark[] };
  panels: (Shown | Row)[];
  templating: { list: Variable[] };
};
