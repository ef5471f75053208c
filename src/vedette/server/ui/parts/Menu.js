/** A button that opens a small list; closes on a choice, on Escape, and when the focus leaves. */

import { onKey } from "../app/keyboard.js";
import { html, useEffect, useRef, useState } from "../preact.js";
import { Icon } from "./Icon.js";

/** @param {{ label: string, testid: string, children: unknown, button?: unknown, wide?: boolean, disabled?: boolean }} props */
export function Menu({ label, testid, children, button, wide = false }) {
  const [open, setOpen] = useState(false);
  const holder = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!open) return undefined;
    const outside = (/** @type {Event} */ event) => {
      if (!holder.current?.contains(/** @type {Node} */ (event.target))) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    const escape = onKey("Escape", () => setOpen(false));
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      escape();
    };
  }, [open]);
  const choose = (/** @type {MouseEvent} */ event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("button, a") && !target.closest("[data-keep-open], [type=submit]")) setOpen(false);
  };
  return html`<div class="menu" ref=${holder}>
    <button class=${button ? "button" : "icon-button"} type="button" aria-label=${button ? undefined : label} aria-expanded=${String(open)} aria-haspopup="true" data-testid=${testid} onClick=${() => setOpen(!open)}>
      ${button ?? html`<${Icon} name="more" size=${16} />`}
    </button>
    ${open && html`<div class=${`menu-list${wide ? " wide" : ""}`} role="group" aria-label=${label} onClick=${choose} onSubmit=${() => setOpen(false)}>${children}</div>`}
  </div>`;
}
