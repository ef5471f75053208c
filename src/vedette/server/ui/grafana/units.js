/**
 * Values as text, by Grafana's unit ids. A unit is data: how it scales and what stands around the number.
 * Ids that are not in the table are shown as Grafana does, as a suffix.
 */

import { present } from "../app/present.js";

/** @typedef {{ text: string, suffix: string, prefix: string }} Parts */
/** @typedef {{ factor: number, suffix: string }} Scale */

const SHORT = scales(1000, ["", "K", "Mil", "Bil", "Tri", "Quadr"]);
const SI = ["", "k", "M", "G", "T", "P", "E"];
const IEC = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** Durations up to seconds scale by 1000, above by the clock; days up to a year, as certificates and objectives are told. @type {Scale[]} */
const DURATION = [
  { factor: 1e-9, suffix: "ns" },
  { factor: 1e-6, suffix: "µs" },
  { factor: 1e-3, suffix: "ms" },
  { factor: 1, suffix: "s" },
  { factor: 60, suffix: "min" },
  { factor: 3600, suffix: "h" },
  { factor: 86400, suffix: "d" },
  { factor: 31536000, suffix: "y" },
];

/** Seconds in one of the unit. @type {Record<string, number>} */
const SECONDS = { ns: 1e-9, "µs": 1e-6, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 };

/** Rates whose number shortens as `short` does and whose name follows. @type {Record<string, string>} */
const RATES = {
  ops: "ops/s",
  reqps: "req/s",
  rps: "rd/s",
  wps: "wr/s",
  iops: "io/s",
  cps: "c/s",
  eps: "evt/s",
  mps: "msg/s",
  recps: "rec/s",
  rowsps: "rows/s",
  opm: "ops/min",
  reqpm: "req/min",
  rpm: "rd/min",
  wpm: "wr/min",
  cpm: "c/min",
  epm: "evt/min",
  mpm: "msg/min",
  recpm: "rec/min",
  rowspm: "rows/min",
};

/** @type {Record<string, Scale[]>} */
const SCALED = {
  short: SHORT,
  sishort: scales(1000, SI),
  bytes: scales(1024, IEC.map((prefix) => `${prefix}B`)),
  decbytes: scales(1000, SI.map((prefix) => `${prefix}B`)),
  bits: scales(1024, IEC.map((prefix) => `${prefix}b`)),
  decbits: scales(1000, SI.map((prefix) => `${prefix}b`)),
  Bps: scales(1000, SI.map((prefix) => `${prefix}B/s`)),
  binBps: scales(1024, IEC.map((prefix) => `${prefix}B/s`)),
  bps: scales(1000, SI.map((prefix) => `${prefix}b/s`)),
  binbps: scales(1024, IEC.map((prefix) => `${prefix}b/s`)),
  pps: scales(1000, SI.map((prefix) => `${prefix}p/s`)),
  hertz: scales(1000, SI.map((prefix) => `${prefix}Hz`)),
  rothz: scales(1000, SI.map((prefix) => `${prefix}Hz`)),
  watt: scales(1000, SI.map((prefix) => `${prefix}W`)),
  joule: scales(1000, SI.map((prefix) => `${prefix}J`)),
  volt: scales(1000, SI.map((prefix) => `${prefix}V`)),
  amp: scales(1000, SI.map((prefix) => `${prefix}A`)),
};

/** Multiples of a scaled unit. @type {Record<string, [string, number]>} */
const MULTIPLES = {
  kbytes: ["bytes", 1024],
  mbytes: ["bytes", 1024 ** 2],
  gbytes: ["bytes", 1024 ** 3],
  tbytes: ["bytes", 1024 ** 4],
  deckbytes: ["decbytes", 1e3],
  decmbytes: ["decbytes", 1e6],
  decgbytes: ["decbytes", 1e9],
  KBs: ["Bps", 1e3],
  MBs: ["Bps", 1e6],
  GBs: ["Bps", 1e9],
  KiBs: ["binBps", 1024],
  MiBs: ["binBps", 1024 ** 2],
  GiBs: ["binBps", 1024 ** 3],
  Kbits: ["bps", 1e3],
  Mbits: ["bps", 1e6],
  Gbits: ["bps", 1e9],
};

/** Units that never scale: what follows the number. @type {Record<string, string>} */
const FIXED = {
  none: "",
  "": "",
  string: "",
  percent: "%",
  humidity: "%H",
  celsius: "°C",
  fahrenheit: "°F",
  kelvin: "K",
  degree: "°",
  dB: "dB",
  ppm: "ppm",
};

/** @type {Record<string, string>} */
const CURRENCY = {
  currencyUSD: "$",
  currencyEUR: "€",
  currencyGBP: "£",
  currencyJPY: "¥",
  currencyCNY: "¥",
  currencyINR: "₹",
  currencyKRW: "₩",
  currencyBRL: "R$",
  currencyRUB: "₽",
  currencyUAH: "₴",
  currencyCHF: "CHF ",
  currencySEK: "kr ",
  currencyDKK: "kr ",
  currencyNOK: "kr ",
  currencyBTC: "฿",
};

/** @type {Record<string, [string, string]>} */
const BOOLEAN = { bool: ["True", "False"], bool_yes_no: ["Yes", "No"], bool_on_off: ["On", "Off"] };

/**
 * @param {number} base
 * @param {string[]} suffixes
 * @returns {Scale[]}
 */
function scales(base, suffixes) {
  return suffixes.map((suffix, power) => ({ factor: base ** power, suffix }));
}

/**
 * A number with about three significant digits, or with exactly `decimals` when given.
 * @param {number} value
 * @param {number | null} [decimals]
 * @returns {string}
 */
export function number(value, decimals) {
  if (decimals !== undefined && decimals !== null) return plus(value.toFixed(Math.min(20, Math.max(0, decimals))));
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e15 || size < 1e-6) return value.toExponential(2).replace(/\.?0+e/, "e");
  const text = value.toFixed(size >= 100 ? 0 : Math.min(8, 2 - Math.floor(Math.log10(size))));
  return plus(text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

/**
 * A share as a percentage, which is 100 only where nothing is missing: of an objective the last digits matter.
 * @param {number} value
 * @param {number | null} [decimals]
 */
function share(value, decimals) {
  const text = number(value * 100, decimals);
  if (text !== "100" || value > 1 - 5e-7 || (decimals ?? null) !== null) return text;
  return (value * 100).toFixed(Math.ceil(-Math.log10(100 - value * 100)) + 1).replace(/0+$/, "");
}

/** No negative zero. @param {string} text */
function plus(text) {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/**
 * @param {number} value
 * @param {Scale[]} table ascending by factor
 * @returns {Scale} the largest scale the value fills
 */
function scaleOf(value, table) {
  const size = Math.abs(value);
  let chosen = table[0];
  for (const scale of table) if (size >= scale.factor * (1 - 5e-7)) chosen = scale;
  if (size === 0) chosen = table.find((scale) => scale.factor === 1) ?? table[0];
  return chosen;
}

/**
 * The value in parts, so that a big number can have a small unit.
 * @param {number | null | undefined} value
 * @param {string} [unit] Grafana's unit id
 * @param {number | null} [decimals]
 * @returns {Parts}
 */
export function parts(value, unit = "", decimals) {
  if (value === null || value === undefined || Number.isNaN(value)) return plain(value === undefined || value === null ? "–" : "NaN");
  const bool = BOOLEAN[unit];
  if (bool) return plain(value === 0 ? bool[1] : bool[0]);
  if (unit.startsWith("dateTime")) return plain(dateTime(value, unit));
  if (!Number.isFinite(value)) return plain(value > 0 ? "∞" : "−∞");

  const fixed = FIXED[unit];
  if (fixed !== undefined) return { prefix: "", text: number(value, decimals), suffix: fixed };
  if (unit === "percentunit") return { prefix: "", text: share(value, decimals), suffix: "%" };
  if (unit === "locale") return plain(value.toLocaleString("en-US", { maximumFractionDigits: decimals ?? 3 }));
  if (unit === "sci") return plain(value.toExponential(decimals ?? undefined));
  if (unit === "hex" || unit === "hex0x") return plain((unit === "hex" ? "" : "0x") + Math.round(value).toString(16).toUpperCase());
  if (unit === "dthms" || unit === "clocks") return plain(clock(value));
  if (unit === "dtdurations" || unit === "dtdurationms") return plain(longDuration(unit === "dtdurations" ? value : value / 1000));
  if (SECONDS[unit] !== undefined) return scaled(value * SECONDS[unit], DURATION, decimals);
  if (SCALED[unit]) return scaled(value, SCALED[unit], decimals);
  if (MULTIPLES[unit]) return scaled(value * MULTIPLES[unit][1], SCALED[MULTIPLES[unit][0]], decimals);
  if (RATES[unit]) return named(scaled(value, SHORT, decimals), RATES[unit]);
  if (CURRENCY[unit]) return money(value, CURRENCY[unit], decimals);
  return custom(value, unit, decimals);
}

/** @param {string} text @returns {Parts} */
function plain(text) {
  return { prefix: "", text, suffix: "" };
}

/**
 * @param {number} value
 * @param {Scale[]} table
 * @param {number | null} [decimals]
 * @returns {Parts}
 */
function scaled(value, table, decimals) {
  const scale = scaleOf(value, table);
  return { prefix: "", text: number(value / scale.factor, decimals), suffix: scale.suffix };
}

/** @param {Parts} shortened @param {string} name @returns {Parts} */
function named(shortened, name) {
  return { ...shortened, suffix: shortened.suffix ? `${shortened.suffix} ${name}` : name };
}

/**
 * @param {number} value
 * @param {string} symbol
 * @param {number | null} [decimals]
 * @returns {Parts}
 */
function money(value, symbol, decimals) {
  const shortened = scaled(Math.abs(value), SHORT, decimals);
  return { ...shortened, prefix: value < 0 ? `-${symbol}` : symbol };
}

/**
 * Grafana's custom units: `suffix:`, `prefix:`, `time:`, `si:`, `count:`, `currency:`; anything else is a suffix itself.
 * @param {number} value
 * @param {string} unit
 * @param {number | null} [decimals]
 * @returns {Parts}
 */
function custom(value, unit, decimals) {
  const colon = unit.indexOf(":");
  const [kind, rest] = colon < 0 ? ["suffix", unit] : [unit.slice(0, colon), unit.slice(colon + 1)];
  switch (kind) {
    case "prefix":
      return { prefix: rest, text: number(value, decimals), suffix: "" };
    case "currency":
      return money(value, rest, decimals);
    case "count":
      return named(scaled(value, SHORT, decimals), rest);
    case "si":
      return scaled(value, scales(1000, SI.map((prefix) => prefix + rest)), decimals);
    case "time":
      return plain(dateTime(value, "dateTimeAsIso"));
    default:
      return { prefix: "", text: number(value, decimals), suffix: kind === "suffix" ? rest : unit };
  }
}

/**
 * The value as one string.
 * @param {number | null | undefined} value
 * @param {string} [unit]
 * @param {number | null} [decimals]
 * @returns {string}
 */
export function format(value, unit, decimals) {
  const { prefix, text, suffix } = parts(value, unit, decimals);
  return prefix + text + (suffix && !/^[%°]/.test(suffix) ? ` ${suffix}` : suffix);
}

/**
 * Labels of an axis: one scale and one number of decimals for all ticks, so that they differ only in the number.
 * @param {number[]} ticks
 * @param {string} [unit]
 * @param {number | null} [decimals]
 * @returns {string[]}
 */
export function axis(ticks, unit = "", decimals) {
  const texts = ticks.map((tick) => format(tick, unit, decimals));
  if (new Set(texts).size === texts.length) return texts;
  for (let more = 1; more <= 6; more += 1) {
    const finer = ticks.map((tick) => format(tick, unit, more));
    if (new Set(finer).size === finer.length) return finer;
  }
  return texts;
}

/** @param {number} seconds @returns {string} hh:mm:ss */
function clock(seconds) {
  const whole = Math.round(Math.abs(seconds));
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${seconds < 0 ? "-" : ""}${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/**
 * A duration with its two largest parts, as `2 d 3 h`.
 * @param {number} seconds
 * @returns {string}
 */
export function longDuration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const size = Math.abs(seconds);
  if (size < 1) return format(seconds, "s");
  const names = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  /** @type {string[]} */
  const found = [];
  let rest = Math.round(size);
  for (const [name, length] of /** @type {[string, number][]} */ (names)) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count) found.push(`${count} ${name}`);
    else if (found.length) break;
    if (found.length === 2) break;
  }
  return (seconds < 0 ? "-" : "") + found.join(" ");
}

/**
 * Grafana's date units take milliseconds since the epoch.
 * @param {number} milliseconds
 * @param {string} unit
 * @returns {string}
 */
function dateTime(milliseconds, unit) {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "Invalid date";
  if (unit === "dateTimeFromNow") return fromNow((milliseconds - present()) / 1000);
  const today = date.toDateString() === new Date(present()).toDateString();
  if (unit.endsWith("NoDateIfToday") && today) return timeOfDay(date);
  return stamp(date);
}

/** @param {Date} date @returns {string} 2026-01-31 14:03:09, local time */
export function stamp(date) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeOfDay(date)}`;
}

/** @param {Date} date @returns {string} 14:03:09, local time */
export function timeOfDay(date) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/**
 * @param {number} seconds from now; negative is the past
 * @returns {string} as `3 min ago`, `in 2 h`
 */
export function fromNow(seconds) {
  const size = Math.abs(seconds);
  if (size < 1.5) return "now";
  return seconds < 0 ? `${roughDuration(size)} ago` : `in ${roughDuration(size)}`;
}

/**
 * A duration in one part, in two from an hour on: `41 s`, `5 min`, `2 h 5 min`.
 * @param {number} seconds
 * @returns {string}
 */
export function roughDuration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return longDuration(seconds < 3600 ? Math.floor(seconds / 60) * 60 : seconds);
}
