/** What a dashboard needs to know of the store it reads: how often it is filled, and since when. */

import { prometheus } from "../api/client.js";
import { clockKnown } from "../app/present.js";
import { useResource } from "../app/resource.js";
import { duration } from "../grafana/time.js";

/** Grafana's default when a data source does not say how often it scrapes. */
const DEFAULT_SCRAPE = 15_000;

/** @typedef {{ scrape: number, oldest: number }} Store milliseconds between scrapes; epoch milliseconds of the first sample, 0 when unknown */

/** @returns {Store | null} null until it is known, and the time too; a server that does not say has the defaults */
export function useStore() {
  const { data } = useResource(async (signal) => {
    const [targets, status] = await Promise.allSettled([prometheus("targets?state=active", signal), prometheus("status/tsdb", signal), clockKnown]);
    signal.throwIfAborted();
    const oldest = status.status === "fulfilled" ? Number(status.value?.headStats?.minTime) || 0 : 0;
    return { scrape: targets.status === "fulfilled" ? slowest(targets.value.activeTargets) : DEFAULT_SCRAPE, oldest };
  }, []);
  return data;
}

/**
 * The interval of the target that is scraped most rarely: what `$__rate_interval` must be wide enough for.
 * @param {import("../api/types.js").Target[]} targets
 * @returns {number} milliseconds
 */
function slowest(targets) {
  return Math.max(0, ...targets.map((target) => duration(target.scrapeInterval) ?? 0)) || DEFAULT_SCRAPE;
}
