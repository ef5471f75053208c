/** A moment, as the time since; the exact moment on hover. */

import { now } from "../app/clock.js";
import { fromNow, roughDuration, stamp } from "../grafana/units.js";
import { html } from "../preact.js";

/**
 * @param {object} props
 * @param {number | string | null | undefined} props.time epoch seconds or RFC 3339
 * @param {boolean} [props.plain] only the duration, without "ago"
 */
export function Age({ time, plain = false }) {
  const at = typeof time === "number" ? time * 1000 : Date.parse(time ?? "");
  // Prometheus writes the year 1 for "never"
  if (!Number.isFinite(at) || at <= 0) return html`<span class="quiet">never</span>`;
  const seconds = (at - now.value) / 1000;
  const text = plain ? roughDuration(Math.max(0, -seconds)) : fromNow(Math.min(0, seconds));
  return html`<time datetime=${new Date(at).toISOString()} title=${stamp(new Date(at))}>${text}</time>`;
}
