/** A small line without axes: the shape of the recent past, or of as much of it as there is. */

import { html, useMemo } from "../preact.js";

const WIDTH = 200;
const HEIGHT = 48;

/**
 * @param {object} props
 * @param {number[]} props.times epoch seconds
 * @param {(number | null)[]} props.values
 * @param {{ from: number, to: number }} props.range epoch seconds
 * @param {string} [props.color] CSS text
 * @param {number | null} [props.min]
 * @param {number | null} [props.max]
 */
export function Sparkline({ times, values, range, color = "var(--accent)", min, max }) {
  const { line, area } = useMemo(() => paths(times, values, range, min, max), [times, values, range.from, range.to, min, max]);
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" style=${{ color }}>
    <path d=${area} fill="currentColor" opacity="0.14" />
    <path d=${line} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" vector-effect="non-scaling-stroke" />
  </svg>`;
}

/**
 * @param {number[]} times
 * @param {(number | null)[]} values
 * @param {{ from: number, to: number }} range
 * @param {number | null} [min]
 * @param {number | null} [max]
 * @returns {{ line: string, area: string }}
 */
function paths(times, values, range, min, max) {
  const present = /** @type {number[]} */ (values.filter((value) => value !== null && Number.isFinite(value)));
  if (!present.length) return { line: "", area: "" };
  const low = min ?? Math.min(0, ...present);
  const high = Math.max(max ?? -Infinity, ...present);
  const start = Math.max(range.from, Math.min(times[0], range.to - 1));
  const x = (/** @type {number} */ time) => (((time - start) / (range.to - start)) * WIDTH).toFixed(1);
  const y = (/** @type {number} */ value) => (HEIGHT - 2 - ((value - low) / (high - low || 1)) * (HEIGHT - 5)).toFixed(1);
  let line = "";
  let area = "";
  let begun = "";
  let end = "";
  const close = () => {
    if (begun) area += `L${end},${HEIGHT}L${begun},${HEIGHT}Z`;
    begun = "";
  };
  times.forEach((time, at) => {
    const value = values[at];
    if (value === null || value === undefined || !Number.isFinite(value)) {
      close();
      return;
    }
    const point = `${x(time)},${y(value)}`;
    line += (begun ? "L" : "M") + point;
    area += (begun ? "L" : "M") + point;
    begun ||= x(time);
    end = x(time);
  });
  close();
  return { line, area };
}
