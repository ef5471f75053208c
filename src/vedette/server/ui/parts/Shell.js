/** The frame of every page: navigation, the stack's name, how fresh the page is, theme and keys. */

import { helpOpen } from "../app/keyboard.js";
import { connection } from "../app/live.js";
import { path } from "../app/router.js";
import { summary, summaryError } from "../app/summary.js";
import { theme, toggleTheme } from "../app/theme.js";
import { html } from "../preact.js";
import { HelpOverlay } from "./HelpOverlay.js";
import { Icon } from "./Icon.js";

const NAVIGATION = [
  { href: "/", text: "Overview", icon: "overview", under: /^\/$/ },
  { href: "/dashboards", text: "Dashboards", icon: "dashboards", under: /^\/(dashboards|d\/)/ },
  { href: "/alerts", text: "Alerts", icon: "alerts", under: /^\/(alerts|runbooks\/)/ },
  { href: "/targets", text: "Targets", icon: "targets", under: /^\/targets/ },
  { href: "/deliveries", text: "Deliveries", icon: "deliveries", under: /^\/deliveries/ },
];

const CONNECTION = {
  connecting: { text: "Connecting", title: "Connecting to the server" },
  live: { text: "Live", title: "Changes arrive as they happen" },
  polling: { text: "Polling", title: "Live updates are interrupted; asking every 5 seconds and trying to reconnect" },
  paused: { text: "Paused", title: "Paused while the tab is hidden" },
};

/** @param {{ children: unknown }} props */
export function Shell({ children }) {
  const about = summary.value;
  const lost = summaryError.value;
  return html`
    <a class="skip" href="#main">Skip to the content</a>
    <header class="topbar">
      <a class="brand" href="/" aria-label="Vedette, overview">
        <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <path d="M3 5l6.2 14h5.6L21 5h-4.4L12 15.6 7.4 5z" fill="currentColor" />
          <circle cx="12" cy="6" r="2.2" fill="var(--accent)" />
        </svg>
        <span class="brand-name">${about?.title ?? "Vedette"}</span>
      </a>
      ${about?.environment && html`<span class="environment" title="Environment">${about.environment}</span>`}
      <span class="spacer"></span>
      <${Connection} />
      <button class="icon-button" type="button" data-testid="theme" onClick=${toggleTheme} aria-label=${`Change to the ${theme.value === "dark" ? "light" : "dark"} theme`} title="Light or dark (t)">
        <${Icon} name=${theme.value === "dark" ? "sun" : "moon"} size=${18} />
      </button>
      <button class="icon-button wide-only" type="button" data-testid="help-button" onClick=${() => (helpOpen.value = true)} aria-label="Keys" title="Keys (?)">
        <${Icon} name="keyboard" size=${18} />
      </button>
    </header>
    <nav class="sidebar" aria-label="Pages"><div class="sidebar-body">
      <ul>
        ${NAVIGATION.map(
          ({ href, text, icon, under }) => html`<li key=${href}>
            <a href=${href} aria-current=${under.test(path.value) ? "page" : undefined} data-testid=${`nav-${text.toLowerCase()}`}>
              <${Icon} name=${icon} size=${18} /><span>${text}</span>${text === "Alerts" && html`<${FiringCount} />`}
            </a>
          </li>`,
        )}
      </ul>
      ${about && html`<p class="version">vedette ${about.version}</p>`}
    </div></nav>
    <div class="visually-hidden" aria-live="polite" data-testid="announcer">${about && announcement(about.alerts.firing)}</div>
    <main id="main" tabindex="-1">
      ${about?.notice && html`<div class="banner" role="note" data-testid="notice"><${Icon} name="warning" />${about.notice}</div>`}
      ${lost && html`<div class="banner" role="status" data-testid="banner"><${Icon} name="warning" />${lost} What is shown may be old.</div>`}
      ${children}
    </main>
    <${HelpOverlay} />
  `;
}

function FiringCount() {
  const firing = summary.value?.alerts.firing ?? 0;
  return firing ? html`<span class="nav-count" data-testid="firing-count" aria-label=${`${firing} firing`}>${firing}</span>` : null;
}

function Connection() {
  const { text, title } = CONNECTION[connection.value];
  return html`<span class="connection connection-${connection.value}" title=${title} data-testid="connection" data-state=${connection.value}>
    <i class="dot" aria-hidden="true"></i><span class="connection-text">${text}</span>
  </span>`;
}

/** @param {number} firing */
function announcement(firing) {
  return firing === 0 ? "No alert is firing." : firing === 1 ? "One alert is firing." : `${firing} alerts are firing.`;
}
