/** A word on an alert of which nobody is told: it is silenced, or another alert says enough. */

import { State } from "../parts/Badge.js";
import { html } from "../preact.js";
import { receivedAs, suppression } from "./list.js";

/** @typedef {import("../api/types.js").ActiveAlert} ActiveAlert */

/** @param {{ alert: ActiveAlert, received: import("../api/types.js").ReceivedAlert[] }} props */
export function Suppressed({ alert, received }) {
  const found = suppression(receivedAs(alert, received), received);
  if (!found) return null;
  const reason = found.by.length ? `Nobody is told of this one while ${found.by.join(", ")} fires` : "Nobody is told of this one";
  return html`<span data-testid="suppressed" title=${reason}><${State} state="suppressed" text=${found.text} /></span>`;
}
