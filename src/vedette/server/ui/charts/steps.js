/** Steps of a value axis that look round in its unit: powers of two for binary bytes, clock and calendar for durations. */

const TENS = [1, 2, 5];
const DAY = 86_400;

const BINARY = Array.from({ length: 60 }, (_, power) => 2 ** (power - 2));
/** What is told as yes or no has nothing between. */
const YES_OR_NO = [1, 10, 100];
const SECONDS = [
  ...Array.from({ length: 10 }, (_, power) => TENS.map((digit) => Number(`${digit}e${power - 10}`))).flat(),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200],
  // from a year on durations are told in years
  ...[1, 2, 5, 10, 20, 50, 100, 200].map((days) => days * DAY),
  ...Array.from({ length: 6 }, (_, power) => TENS.map((digit) => digit * 10 ** power * 365 * DAY)).flat(),
];

/**
 * @param {string} unit Grafana's id
 * @returns {number[] | undefined} undefined where powers of ten will do
 */
export function increments(unit) {
  if (/^(bytes|bits|binBps|binbps)$/.test(unit)) return BINARY;
  if (/^bool(_|$)/.test(unit)) return YES_OR_NO;
  return unit === "s" ? SECONDS : undefined;
}
