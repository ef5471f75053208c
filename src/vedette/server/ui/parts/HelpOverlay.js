/** The list of keys. */

import { helpOpen, OTHERS, PAGES } from "../app/keyboard.js";
import { html, useEffect, useRef } from "../preact.js";
import { Icon } from "./Icon.js";

export function HelpOverlay() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const close = () => {
    helpOpen.value = false;
  };
  const keys = (/** @type {string} */ text) => text.split(" ").map((key) => html`<kbd key=${key}>${key}</kbd>`);
  return html`<dialog
    ref=${dialog}
    class="help"
    aria-labelledby="help-title"
    data-testid="help"
    onClose=${close}
    onClick=${(/** @type {MouseEvent} */ event) => event.target === dialog.current && close()}
  >
    <div class="help-body">
      <header>
        <h2 id="help-title">Keys</h2>
        <button class="icon-button" type="button" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>
      </header>
      <div class="help-columns">
        ${[PAGES, OTHERS].map(
          (list) => html`<dl>
            ${list.map((entry) => html`<div key=${entry.keys}><dt>${keys(entry.keys)}</dt><dd>${entry.text}</dd></div>`)}
          </dl>`,
        )}
      </div>
      <p class="quiet">Drag over a chart to zoom in; the back button zooms out. Click a series in a legend to see it alone, with Ctrl to hide it.</p>
    </div>
  </dialog>`;
}
