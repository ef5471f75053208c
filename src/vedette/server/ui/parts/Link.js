/** A link that stays in the page when it leads to this server, and says so when it does not. */

import { inPage } from "../app/router.js";
import { html } from "../preact.js";
import { Icon } from "./Icon.js";

/** @param {{ href: string, testid?: string, icon?: string, children?: unknown, class?: string }} props */
export function Link({ href, testid, icon, children, class: name = "link" }) {
  const inside = inPage(href);
  // an address is text from elsewhere: anything but http and mail stays text
  if (inside === null && !/^(https?|mailto):/i.test(href)) return html`<span class="quiet">${href}</span>`;
  return inside === null
    ? html`<a class=${name} href=${href} target="_blank" rel="noopener noreferrer" data-testid=${testid}>
        ${icon && html`<${Icon} name=${icon} size=${14} />`}${children}<${Icon} name="external" size=${12} />
      </a>`
    : html`<a class=${name} href=${inside} data-testid=${testid}>${icon && html`<${Icon} name=${icon} size=${14} />`}${children}</a>`;
}
