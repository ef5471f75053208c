/** All dashboards. */

import { vedette } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { Filter, matchesFilter } from "../parts/Filter.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Icon } from "../parts/Icon.js";
import { Page } from "../parts/Page.js";
import { html } from "../preact.js";

export function DashboardsPage() {
  const { data, error, reload } = useResource((signal) => vedette("dashboards", signal), []);
  /** @type {import("../api/types.js").DashboardListing[]} */
  const all = data ?? [];
  const shown = all.filter(({ uid, title, description, pack, tags }) => matchesFilter(uid, title, description, pack, ...tags));
  return html`<${Page} title="Dashboards" testid="page-dashboards" actions=${html`<${Filter} label="Filter dashboards" />`}>
    ${error && html`<${ErrorNotice} title="The dashboards could not be listed" error=${error} retry=${reload} />`}
    ${!data && !error && html`<${Loading} />`}
    ${data && !all.length && html`<${EmptyNotice} icon="dashboards" title="No dashboards were built">Give a service a pack: each brings its own dashboard.<//>`}
    ${all.length > 0 && !shown.length && html`<${EmptyNotice} icon="search" title="No dashboard matches the filter" />`}
    <ul class="tiles">
      ${shown.map(({ uid, title, description, pack, tags }) => html`<li key=${uid}>
        <a class="tile" href=${`/d/${encodeURIComponent(uid)}`} data-testid="dashboard-link" data-uid=${uid}>
          <span class="tile-icon"><${Icon} name="dashboards" size=${20} /></span>
          <span class="tile-text">
            <strong>${title}</strong>
            <span class="quiet">${description || (pack ? `${pack} pack` : uid)}</span>
            <span class="tags">${tags.map((tag) => html`<span key=${tag} class="tag">${tag}</span>`)}</span>
          </span>
        </a>
      </li>`)}
    </ul>
  <//>`;
}
