/** The JSON of the server's APIs, as the page reads it. Times of /api/vedette are epoch seconds. */

export type Labels = Record<string, string>;
export type SamplePair = [number, string];

export interface SeriesResult {
  metric: Labels;
  values?: SamplePair[];
  value?: SamplePair;
}

export interface ExemplarSeries {
  seriesLabels: Labels;
  exemplars: { labels: Labels; value: string; timestamp: number }[];
}

export interface QueryData {
  resultType: "matrix" | "vector" | "scalar" | "string";
  result: SeriesResult[] | SamplePair;
}

export type Severity = "critical" | "high" | "medium" | "low";
export type ServiceState = "up" | "degraded" | "down" | "unknown";

export interface Signal {
  title: string;
  expr: string;
  unit: string;
  dashboard: string;
  panel: number;
}

export interface PackLink {
  name: string;
  title: string;
  dashboard: string;
}

export interface ServiceSummary {
  name: string;
  title: string;
  up: number;
  total: number;
  state: ServiceState;
  alerts: Record<string, number>;
  packs: PackLink[];
  signals: Signal[];
}

export interface Overview {
  stack: string;
  title: string;
  version: string;
  environment: string;
  /** Where one trace is shown, with `{trace_id}`; empty where nobody says. */
  trace_url: string;
  /** What every page says at its top; mostly nothing. */
  notice: string;
  time: number;
  services: ServiceSummary[];
  targets: { up: number; total: number };
  alerts: { firing: number; pending: number };
  deliveries: { waiting: number; delivered: number; failed: number };
}

export interface DashboardListing {
  uid: string;
  title: string;
  description: string;
  pack: string;
  tags: string[];
}

export interface RunbookListing {
  alert: string;
  title: string;
  severity: string;
  pack: string;
}

export interface Runbook extends RunbookListing {
  dashboard: string;
  panel: number;
  markdown: string;
  html: string;
}

export interface DeliverySummary {
  id: number | string;
  time: number;
  receiver: string;
  channel: string;
  target: string;
  state: "waiting" | "delivered" | "failed";
  attempts: number;
  error: string | null;
  subject: string;
  alerts: string[];
  firing: number;
  resolved: number;
}

export interface Delivery extends DeliverySummary {
  tries: { time: number; outcome: string; error: string | null }[];
  headers: Record<string, string> | null;
  text: string | null;
  html: string | null;
  body: unknown;
}

export interface ActiveAlert {
  labels: Labels;
  annotations: Labels;
  state: "firing" | "pending";
  activeAt: string;
  value: string;
}

export interface AlertingRule {
  type: "alerting";
  name: string;
  query: string;
  duration: number;
  keepFiringFor?: number;
  labels: Labels;
  annotations: Labels;
  alerts: ActiveAlert[];
  state: "firing" | "pending" | "inactive" | "unknown";
  health: string;
  lastError?: string;
  evaluationTime?: number;
  lastEvaluation?: string;
}

export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  rules: AlertingRule[];
}

export interface ReceivedAlert {
  labels: Labels;
  annotations: Labels;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  generatorURL?: string;
  fingerprint: string;
  receivers: { name: string }[];
  status: { state: "active" | "suppressed" | "unprocessed"; silencedBy: string[]; inhibitedBy: string[] };
}

export interface Target {
  labels: Labels;
  discoveredLabels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl?: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: "up" | "down" | "unknown";
  scrapeInterval?: string;
  scrapeTimeout?: string;
}
