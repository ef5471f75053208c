/** The stack in a few figures, for every page's frame and the overview. */

import { message, vedette } from "../api/client.js";
import { changes } from "./live.js";
import { ownClock, setClock } from "./present.js";
import { effect, signal } from "../preact.js";

/** @type {import("../vendor/signals.js").Signal<import("../api/types.js").Overview | null>} */
export const summary = signal(null);
/** Why the last attempt failed, null when it did not. */
export const summaryError = signal(/** @type {string | null} */ (null));

const LEAST_PAUSE = 2000;

async function load() {
  const asked = Date.now();
  try {
    const answer = await vedette("overview");
    setClock(answer.time * 1000, asked, Date.now());
    summary.value = answer;
    summaryError.value = null;
  } catch (error) {
    ownClock();
    summaryError.value = message(error);
  }
}

/** Loads the figures, and again when anything changes. */
export function startSummary() {
  let waiting = false;
  let last = 0;
  effect(() => {
    for (const topic of Object.values(changes)) void topic.value;
    if (waiting) return;
    waiting = true;
    window.setTimeout(
      async () => {
        last = performance.now();
        waiting = false;
        await load();
      },
      last === 0 ? 0 : Math.max(0, last + LEAST_PAUSE - performance.now()),
    );
  });
}
