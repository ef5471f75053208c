/** A panel of a type that the page does not draw: its last values, and a word about it. */

import { html } from "../preact.js";
import { TablePanel } from "./TablePanel.js";

/** @param {import("./props.js").PanelProps} props */
export function BarePanel(props) {
  return html`<div class="bare">
    <p class="quiet">Panels of type “${props.panel.type}” are drawn in Grafana; these are the values.</p>
    <${TablePanel} ...${props} asTable=${true} />
  </div>`;
}
