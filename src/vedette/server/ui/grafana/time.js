/** Time ranges as people and Grafana write them (`now-15m`, `now/d`, epoch, ISO) and the steps queries take. */

/** Milliseconds in one of the unit; months and years by the calendar are not needed for ranges of a page. @type {Record<string, number>} */
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, M: 2_592_000_000, y: 31_536_000_000 };

/** @type {{ from: string, to: string, text: string }[]} */
export const QUICK_RANGES = [
  { from: "now-5m", to: "now", text: "Last 5 minutes" },
  { from: "now-15m", to: "now", text: "Last 15 minutes" },
  { from: "now-30m", to: "now", text: "Last 30 minutes" },
  { from: "now-1h", to: "now", text: "Last 1 hour" },
  { from: "now-3h", to: "now", text: "Last 3 hours" },
  { from: "now-6h", to: "now", text: "Last 6 hours" },
  { from: "now-12h", to: "now", text: "Last 12 hours" },
  { from: "now-24h", to: "now", text: "Last 24 hours" },
  { from: "now-2d", to: "now", text: "Last 2 days" },
  { from: "now-7d", to: "now", text: "Last 7 days" },
  { from: "now-30d", to: "now", text: "Last 30 days" },
];

/** Steps that divide minutes, hours and days evenly, in milliseconds. */
const STEPS = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_200_000,
  1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000, 2_592_000_000,
];

/**
 * @param {string | number | null | undefined} text as `5m`, `1h30m`, `500ms`
 * @returns {number | null} milliseconds; null when it is not a duration
 */
export function duration(text) {
  if (text === null || text === undefined) return null;
  const trimmed = String(text).trim();
  if (!/^(\d+(\.\d+)?(ms|[smhdwMy]))+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwMy])/g)) total += Number(count) * UNITS[unit];
  return total;
}

/**
 * @param {number} milliseconds
 * @returns {string} as Prometheus writes it, `1h30m`
 */
export function durationText(milliseconds) {
  if (milliseconds <= 0) return "0s";
  let rest = Math.round(milliseconds);
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / UNITS[unit]);
    if (count) text += `${count}${unit}`;
    rest -= count * UNITS[unit];
  }
  return text;
}

/**
 * One end of a range.
 * @param {string} text `now`, `now-15m`, `now-1d/d`, epoch milliseconds, or a date such as `2026-01-31 14:00`
 * @param {number} now epoch milliseconds
 * @param {boolean} [end] rounding (`/d`) goes to the end of the period instead of its start
 * @returns {number | null} epoch milliseconds; null when it cannot be read
 */
export function instant(text, now, end = false) {
  const trimmed = text.trim();
  if (/^\d{9,11}$/.test(trimmed)) return Number(trimmed) * 1000;
  if (/^\d{12,14}$/.test(trimmed)) return Number(trimmed);
  const relative = /^now((?:\s*[+-]\s*\d+(?:ms|[smhdwMy]))*)\s*(?:\/([smhdwMy]))?$/.exec(trimmed);
  if (relative) {
    let at = now;
    for (const [, sign, count, unit] of relative[1].matchAll(/([+-])\s*(\d+)(ms|[smhdwMy])/g))
      at += (sign === "+" ? 1 : -1) * Number(count) * UNITS[unit];
    return relative[2] ? round(at, relative[2], end) : at;
  }
  if (!/^\d{4}-\d{2}(-\d{2})?/.test(trimmed)) return null;
  const iso = trimmed.replace(" ", "T");
  const parsed = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(iso) ? `${iso}T00:00:00` : iso);
  return Number.isNaN(parsed) ? null : parsed;
}

/**
 * @param {number} at
 * @param {string} unit
 * @param {boolean} end
 * @returns {number} the start (or last millisecond) of the local period that holds `at`
 */
function round(at, unit, end) {
  const date = new Date(at);
  const [y, mo, d, h, mi, s] = [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
  const next = end ? 1 : 0;
  const weekday = (date.getDay() + 6) % 7;
  /** @type {Record<string, Date>} */
  const starts = {
    y: new Date(y + next, 0, 1),
    M: new Date(y, mo + next, 1),
    w: new Date(y, mo, d - weekday + 7 * next),
    d: new Date(y, mo, d + next),
    h: new Date(y, mo, d, h + next),
    m: new Date(y, mo, d, h, mi + next),
    s: new Date(y, mo, d, h, mi, s + next),
  };
  return starts[unit].getTime() - next;
}

/**
 * @param {string} from
 * @param {string} to
 * @param {number} now epoch milliseconds
 * @returns {{ from: number, to: number } | null} epoch milliseconds; null when unreadable or empty
 */
export function range(from, to, now) {
  const start = instant(from, now, false);
  const end = instant(to, now, true);
  return start === null || end === null || start >= end ? null : { from: start, to: end };
}

/**
 * @param {string} from
 * @param {string} to
 * @param {(date: Date) => string} stamp
 * @returns {string} what the time picker's button says
 */
export function describe(from, to, stamp) {
  const quick = QUICK_RANGES.find((candidate) => candidate.from === from && candidate.to === to);
  if (quick) return quick.text;
  const relative = /^now-(\d+)([smhdwMy])$/.exec(from);
  if (relative && to === "now") {
    const names = /** @type {Record<string, string>} */ ({ s: "second", m: "minute", h: "hour", d: "day", w: "week", M: "month", y: "year" });
    return `Last ${relative[1]} ${names[relative[2]]}${relative[1] === "1" ? "" : "s"}`;
  }
  const show = (/** @type {string} */ text) => (/^\d+$/.test(text) ? stamp(new Date(/** @type {number} */ (instant(text, 0)))) : text);
  const [start, end] = [show(from), show(to)];
  return start.slice(0, 10) === end.slice(0, 10) && /^\d{4}/.test(start) ? `${start} to ${end.slice(11)}` : `${start} to ${end}`;
}

/**
 * The range to open with: a dashboard's own, or the smallest quick range that holds all there is when the store is younger.
 * @param {string} from
 * @param {string} to
 * @param {number} oldest epoch milliseconds of the first sample
 * @param {number} now epoch milliseconds
 * @returns {string} what to use as `from`
 */
export function openingFrom(from, to, oldest, now) {
  const own = instant(from, now);
  if (to !== "now" || own === null || oldest <= own) return from;
  return QUICK_RANGES.find((quick) => /** @type {number} */ (instant(quick.from, now)) < oldest)?.from ?? from;
}

/**
 * The step of a range query: at most `points` of them in the range, a round figure, and never under `least`.
 * @param {number} span milliseconds
 * @param {number} points
 * @param {number} least milliseconds
 * @returns {number} milliseconds
 */
export function interval(span, points, least) {
  const raw = span / Math.max(1, points);
  const rounded = STEPS.find((step) => step >= raw) ?? STEPS[STEPS.length - 1];
  return Math.max(rounded, least);
}

/**
 * Grafana's `$__rate_interval`: wide enough for four scrapes, and to overlap the step before by one.
 * @param {number} step milliseconds
 * @param {number} scrape the scrape interval in milliseconds
 * @returns {number} milliseconds
 */
export function rateInterval(step, scrape) {
  return Math.max(step + scrape, 4 * scrape);
}
