/** What is scraped, and whether it answers. */

import { prometheus } from "../api/client.js";
import { useResource } from "../app/resource.js";
import { params } from "../app/router.js";
import { format } from "../grafana/units.js";
import { Age } from "../parts/Age.js";
import { State } from "../parts/Badge.js";
import { Chips } from "../parts/Chips.js";
import { Filter, matchesFilter } from "../parts/Filter.js";
import { Labels } from "../parts/Labels.js";
import { EmptyNotice, ErrorNotice, Loading } from "../parts/Notice.js";
import { Page } from "../parts/Page.js";
import { html } from "../preact.js";

/** @typedef {import("../api/types.js").Target} Target */

export function TargetsPage() {
  const { data, error, reload } = useResource((signal) => prometheus("targets?state=active", signal), [], { topics: ["targets", "data"], every: 2000 });
  /** @type {Target[]} */
  const targets = data?.activeTargets ?? [];
  const health = params.value.get("health") ?? "";
  const shown = targets.filter((target) => (!health || target.health === health) && matchesFilter(target.scrapePool, target.scrapeUrl, target.lastError, ...Object.values(target.labels)));
  const pools = [...new Set(shown.map(({ scrapePool }) => scrapePool))].sort();
  const count = (/** @type {string} */ value) => targets.filter((target) => target.health === value).length;
  return html`<${Page} title="Targets" testid="page-targets" actions=${html`<${Filter} label="Filter targets" />`}>
    <div class="filters"><${Chips} name="health" label="Health" options=${[{ value: "", text: "All", count: targets.length }, ...["up", "down", "unknown"].map((value) => ({ value, text: value, count: count(value) }))]} /></div>
    ${error && html`<${ErrorNotice} title="The targets could not be loaded" error=${error} retry=${reload} />`}
    ${!data && !error && html`<${Loading} lines=${6} />`}
    ${data && !targets.length && html`<${EmptyNotice} icon="targets" title="Nothing is scraped">Give a service targets in the stack, such as localhost:8000.<//>`}
    ${targets.length > 0 && !shown.length && html`<${EmptyNotice} icon="search" title="No target matches the filters" />`}
    ${pools.map((pool) => html`<${Pool} key=${pool} name=${pool} targets=${shown.filter(({ scrapePool }) => scrapePool === pool)} />`)}
  <//>`;
}

/** @param {{ name: string, targets: Target[] }} props */
function Pool({ name, targets }) {
  const up = targets.filter(({ health }) => health === "up").length;
  return html`<section class="card pool" aria-label=${name} data-testid="scrape-pool" data-pool=${name}>
    <h2 class="pool-head">${name}<span class=${`quiet ${up === targets.length ? "" : "invalid"}`}>${up} of ${targets.length} up</span></h2>
    <div class="table-scroll"><table class="list-table stacking">
      <thead><tr><th scope="col">Endpoint</th><th scope="col">State</th><th scope="col">Labels</th><th scope="col" class="align-right">Last scrape</th><th scope="col" class="align-right">Took</th><th scope="col" class="align-right">Every</th></tr></thead>
      <tbody>${targets.map((target) => html`<tr key=${target.scrapeUrl + JSON.stringify(target.labels)} data-testid="target-row" data-state=${target.health}>
        <td class="endpoint" data-label="Endpoint"><a class="link" href=${target.scrapeUrl} target="_blank" rel="noopener noreferrer">${target.scrapeUrl}</a>${target.lastError && html`<p class="invalid">${target.lastError}</p>`}</td>
        <td data-label="State"><${State} state=${target.health} /></td>
        <td data-label="Labels"><${Labels} labels=${target.labels} without=${["job"]} /></td>
        <td class="align-right" data-label="Last scrape"><${Age} time=${target.lastScrape} /></td>
        <td class="align-right" data-label="Took">${format(target.lastScrapeDuration, "s")}</td>
        <td class="align-right" data-label="Every">${target.scrapeInterval ?? ""}</td>
      </tr>`)}</tbody>
    </table></div>
  </section>`;
}
