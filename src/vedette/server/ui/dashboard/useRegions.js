/** The annotations of a dashboard, asked for the range that is shown. One that fails is left out: it explains, it does not measure. */

import { queryRange } from "../api/client.js";
import { regionsOf } from "../grafana/regions.js";
import { duration, interval } from "../grafana/time.js";
import { interpolate } from "../grafana/variables.js";
import { useEffect, useState } from "../preact.js";
import { builtins } from "./panelQueries.js";

/** @typedef {import("../grafana/types.js").Annotation} Annotation */
/** @typedef {import("../grafana/types.js").Region} Region */

const MOST_POINTS = 500;

/**
 * @param {Annotation[]} annotations
 * @param {{ from: number, to: number }} range epoch milliseconds
 * @param {import("../grafana/variables.js").Scope} scope
 * @param {number} scrape milliseconds
 * @param {boolean} ready whether the variables are known
 * @returns {Region[]}
 */
export function useRegions(annotations, range, scope, scrape, ready) {
  const [regions, setRegions] = useState(/** @type {Region[]} */ ([]));
  useEffect(() => {
    const asked = annotations.filter(({ expr, enable, hide }) => expr && enable !== false && !hide);
    if (!asked.length || !ready) return undefined;
    const controller = new AbortController();
    const answers = asked.map(async (annotation) => {
      const step = interval(range.to - range.from, MOST_POINTS, duration(annotation.step) ?? scrape);
      const query = interpolate(annotation.expr ?? "", { ...scope, ...builtins(range, step, scrape) });
      const window = { start: (Math.floor(range.from / step) * step) / 1000, end: (Math.floor(range.to / step) * step) / 1000, step: step / 1000 };
      return regionsOf(annotation, await queryRange(query, window, controller.signal), step / 1000);
    });
    Promise.allSettled(answers).then((settled) => {
      if (controller.signal.aborted) return;
      const every = settled.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      const found = every.filter(({ moment, from }) => !moment || from * 1000 >= range.from);
      setRegions((before) => (JSON.stringify(before) === JSON.stringify(found) ? before : found));
    });
    return () => controller.abort();
  }, [annotations, range, scope, ready]);
  return regions;
}
