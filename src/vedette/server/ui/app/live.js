/** What changed on the server, told by server-sent events; by the clock when those fail. Nothing while the tab is hidden. */

import { batch, signal } from "../preact.js";

/** @typedef {"data" | "alerts" | "targets" | "deliveries"} Topic */

/** A count per topic that grows when the topic has changed; reading one subscribes to it. */
export const changes = { data: signal(0), alerts: signal(0), targets: signal(0), deliveries: signal(0) };

/** How the page is kept up to date. */
export const connection = signal(/** @type {"connecting" | "live" | "polling" | "paused"} */ ("connecting"));

const POLL_EVERY = 5000;
const RETRY_AFTER = 10_000;

/** @type {EventSource | null} */
let source = null;
/** @type {number | undefined} */
let polling;
/** @type {number | undefined} */
let retry;

/** @param {string[]} topics */
function bump(topics) {
  batch(() => {
    for (const topic of topics) if (topic in changes) changes[/** @type {Topic} */ (topic)].value += 1;
  });
}

function everything() {
  bump(Object.keys(changes));
}

function connect() {
  if (source) return;
  source = new EventSource("/api/vedette/events");
  source.addEventListener("open", () => {
    window.clearInterval(polling);
    if (connection.value === "polling") everything();
    connection.value = "live";
  });
  source.addEventListener("change", (event) => {
    try {
      bump(JSON.parse(event.data).topics);
    } catch {
      everything();
    }
  });
  source.addEventListener("error", () => {
    disconnect();
    connection.value = "polling";
    polling = window.setInterval(everything, POLL_EVERY);
    retry = window.setTimeout(connect, RETRY_AFTER);
  });
}

function disconnect() {
  source?.close();
  source = null;
  window.clearInterval(polling);
  window.clearTimeout(retry);
}

/** Connects, and pauses whenever nobody can see the page. */
export function startLive() {
  const follow = () => {
    if (document.visibilityState === "hidden") {
      disconnect();
      connection.value = "paused";
    } else if (!source) {
      if (connection.value === "paused") everything();
      connection.value = "connecting";
      connect();
    }
  };
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", disconnect);
  follow();
}
