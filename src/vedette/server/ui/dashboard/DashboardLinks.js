/** The links of a dashboard: to addresses, and to the dashboards that share a tag. */

import { vedette } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { params } from "../app/router.js";
import { interpolateText } from "../grafana/variables.js";
import { Icon } from "../parts/Icon.js";
import { Link } from "../parts/Link.js";
import { Menu } from "../parts/Menu.js";
import { html } from "../preact.js";

/** @typedef {import("../grafana/types.js").DashboardLink} DashboardLink */

/** @param {{ uid: string, links: DashboardLink[], scope: import("../grafana/variables.js").Scope }} props */
export function DashboardLinks({ uid, links, scope }) {
  return links.map((link, index) =>
    link.type === "dashboards" || !link.url
      ? html`<${Tagged} key=${index} uid=${uid} link=${link} />`
      : html`<${Link} key=${index} class="button" href=${interpolateText(link.url, scope)}>${link.title}<//>`,
  );
}

/** @param {{ uid: string, link: DashboardLink }} props */
function Tagged({ uid, link }) {
  const { data } = useResource((signal) => vedette("dashboards", signal), []);
  /** @type {import("../api/types.js").DashboardListing[]} */
  const others = (data ?? []).filter((/** @type {import("../api/types.js").DashboardListing} */ one) => one.uid !== uid && (link.tags ?? []).every((tag) => one.tags?.includes(tag)));
  if (!others.length) return null;
  const kept = new URLSearchParams([...params.value].filter(([name]) => (link.includeVars && name.startsWith("var-")) || (link.keepTime && /^(from|to)$/.test(name)))).toString();
  return html`<${Menu} label=${link.title} testid="dashboard-links" button=${html`<${Icon} name="dashboards" /><span>${link.title || "Dashboards"}</span><${Icon} name="down" size=${14} />`}>
    ${others.map((one) => html`<a key=${one.uid} href=${`/d/${encodeURIComponent(one.uid)}${kept && `?${kept}`}`}>${one.title}</a>`)}
  <//>`;
}
