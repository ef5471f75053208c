/** The present as a signal, for ages that grow on their own. */

import { signal } from "../preact.js";
import { clockKnown, present } from "./present.js";

/** The server's time, epoch milliseconds, moved on every second. */
export const now = signal(present());

/** Starts the clock. */
export function startClock() {
  const move = () => {
    if (document.visibilityState === "visible") now.value = present();
  };
  void clockKnown.then(move);
  window.setInterval(move, 1000);
}
