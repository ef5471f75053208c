/** The present, for ages that grow on their own. */

import { signal } from "../preact.js";

/** Epoch milliseconds, moved on every second. */
export const now = signal(Date.now());

/** Starts the clock. */
export function startClock() {
  window.setInterval(() => {
    if (document.visibilityState === "visible") now.value = Date.now();
  }, 1000);
}
