import type { Scope } from "../grafana/variables.js";

/** What all panels of a dashboard share at one moment. */
export interface DashboardView {
  uid: string;
  /** epoch milliseconds, resolved at the last refresh */
  range: { from: number; to: number };
  /** changes when another range is chosen, not when time goes on */
  rangeKey: string;
  scope: Scope;
  /** the scrape interval, milliseconds */
  scrape: number;
  /** grows with every refresh */
  tick: number;
  syncKey: string;
  zoom: (fromSeconds: number, toSeconds: number) => void;
}
