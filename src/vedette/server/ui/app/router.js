/** Where the page is: the URL holds all state worth sharing. Same-origin links become steps within the page. */

import { batch, computed, signal } from "../preact.js";

const current = signal(new URL(window.location.href));

/** The path without a slash at its end. */
export const path = computed(() => current.value.pathname.replace(/\/+$/, "") || "/");
/** The query parameters. */
export const params = computed(() => current.value.searchParams);

/** First parts of paths that belong to the server, not to the page. */
const SERVER = /^\/(api|ui|metrics|-)(\/|$)/;

/**
 * @param {string} href
 * @param {{ replace?: boolean }} [options] replace keeps the history as it is, for state that back should not undo
 */
export function navigate(href, { replace = false } = {}) {
  const next = new URL(href, current.value);
  if (next.href === current.value.href) return;
  const samePage = next.pathname === current.value.pathname;
  window.history[replace ? "replaceState" : "pushState"](null, "", next);
  batch(() => {
    current.value = next;
  });
  if (!samePage) window.scrollTo(0, 0);
}

/**
 * Changes query parameters: null removes one, a list repeats it.
 * @param {Record<string, string | string[] | null>} changes
 * @param {{ replace?: boolean }} [options]
 */
export function setParams(changes, options) {
  navigate(withParams(changes), options);
}

/**
 * @param {Record<string, string | string[] | null>} changes
 * @returns {string} the present address with these parameters, for links
 */
export function withParams(changes) {
  const next = new URL(current.value);
  for (const [name, value] of Object.entries(changes)) {
    next.searchParams.delete(name);
    for (const item of [value ?? []].flat()) next.searchParams.append(name, item);
  }
  return next.pathname + next.search;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * A link to this same server, under whichever of its names, as a path; null for one to elsewhere.
 * @param {string | undefined | null} href
 * @returns {string | null}
 */
export function inPage(href) {
  if (!href) return null;
  /** @type {URL} */
  let url;
  try {
    url = new URL(href, window.location.origin);
  } catch {
    return null;
  }
  const { origin, hostname, port, protocol } = window.location;
  const sameMachine = LOOPBACK.has(url.hostname) && LOOPBACK.has(hostname) && url.port === port && url.protocol === protocol;
  if (url.origin !== origin && !sameMachine) return null;
  return SERVER.test(url.pathname) ? null : url.pathname + url.search + url.hash;
}

/** @param {MouseEvent} event */
function followInPage(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || (link.target && link.target !== "_self") || link.hasAttribute("download")) return;
  const target = inPage(link.href);
  if (target === null || link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  navigate(target);
}

/** Starts listening to links and to the history. */
export function startRouter() {
  document.addEventListener("click", followInPage);
  window.addEventListener("popstate", () => {
    current.value = new URL(window.location.href);
  });
}
