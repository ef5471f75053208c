/** The present by the server's clock: its samples carry its time, and this machine's own clock may be wrong. */

/** What the server's clock is ahead of this machine's, milliseconds. */
let ahead = 0;
/** @type {() => void} */
let settle = () => undefined;

/** Fulfilled once the server has said what time it is, or could not be asked. @type {Promise<void>} */
export const clockKnown = new Promise((resolve) => {
  settle = resolve;
});

/** @returns {number} the server's time, epoch milliseconds */
export function present() {
  return Date.now() + ahead;
}

/**
 * Sets the clock by an answer of the server. A difference that the way may have made is left alone, so that time does not jitter.
 * @param {number} time epoch milliseconds, as the answer says
 * @param {number} asked `Date.now()` when the question left
 * @param {number} answered `Date.now()` when the answer was there
 */
export function setClock(time, asked, answered) {
  const wanted = time - (asked + answered) / 2;
  if (Math.abs(wanted - ahead) > (answered - asked) / 2 + 50) ahead = wanted;
  settle();
}

/** The server does not say: this machine's clock must do. */
export function ownClock() {
  settle();
}
