/** Where a value leads to, as small marks beside it. */

import { html } from "../preact.js";
import { Icon } from "./Icon.js";

/** @param {{ links: import("../grafana/links.js").DataLink[] }} props */
export function DataLinks({ links }) {
  return links.map(({ title, href }) => {
    const away = !href.startsWith("/");
    return html`<a key=${href} class="data-link" href=${href} title=${title} aria-label=${title} data-testid="data-link" ...${away ? { target: "_blank", rel: "noopener noreferrer" } : {}}>
      <${Icon} name=${away ? "external" : "drill"} size=${13} />
    </a>`;
  });
}
