/** Small coloured words: severities and states. The word is always there, never the colour alone. */

import { html } from "../preact.js";

/** Words of other tools for our severities. @type {Record<string, string>} */
const SEVERITIES = { page: "critical", error: "high", warning: "high", info: "low", none: "low" };

/** @param {string | undefined} name @returns {string} one of critical, high, medium, low */
export function severityOf(name = "") {
  return SEVERITIES[name] ?? (["critical", "high", "medium", "low"].includes(name) ? name : "low");
}

/** @param {{ severity: string | undefined }} props */
export function Severity({ severity }) {
  if (!severity) return null;
  return html`<span class="badge severity-${severityOf(severity)}">${severity}</span>`;
}

/** Tones of the states that the APIs name. @type {Record<string, string>} */
const TONES = {
  up: "good", ok: "good", delivered: "good", inactive: "quiet", resolved: "good",
  degraded: "warn", pending: "warn", waiting: "warn", retry: "warn", suppressed: "quiet",
  down: "bad", firing: "bad", failed: "bad", err: "bad",
  unknown: "quiet",
};

/** @param {{ state: string, text?: string }} props */
export function State({ state, text }) {
  return html`<span class="state state-${TONES[state] ?? "quiet"}"><i class="dot" aria-hidden="true"></i>${text ?? state}</span>`;
}
