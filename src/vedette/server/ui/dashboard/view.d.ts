import type { Region } from "../grafana/types.js";
import type { Scope } from "../grafana/variables.js";

/** What all panels of a dashboard share at one moment. */
export interface DashboardView {
  uid: string;
  /** epoch milliseconds, resolved at the last refresh */
  range: { from: number; to: number };
  /** changes when another range is chosen, not when time goes on */
  rangeKey: string;
  /** as it stands in the address, `now-1h` */
  time: { from: string; to: string };
  scope: Scope;
  /** as `scope`, for titles and texts */
  textScope: Scope;
  /** the scrape interval, milliseconds */
  scrape: number;
  /** grows with every refresh */
  tick: number;
  /** what annotations say of this range */
  regions: Region[];
  /** the variable that a repeated row is for, and its value */
  pinned?: { name: string; value: string; text: string } | null;
  syncKey: string;
  zoom: (fromSeconds: number, toSeconds: number) => void;
}
