/** Keys of the whole page. They are quiet while somebody types. */

import { signal } from "../preact.js";
import { navigate } from "./router.js";
import { toggleTheme } from "./theme.js";

/** Whether the list of keys is open. */
export const helpOpen = signal(false);

/** @type {{ keys: string, text: string, path: string }[]} */
export const PAGES = [
  { keys: "g o", text: "Overview", path: "/" },
  { keys: "g d", text: "Dashboards", path: "/dashboards" },
  { keys: "g a", text: "Alerts", path: "/alerts" },
  { keys: "g t", text: "Targets", path: "/targets" },
  { keys: "g n", text: "Deliveries (notifications)", path: "/deliveries" },
  { keys: "g q", text: "Query", path: "/graph" },
];

/** @type {{ keys: string, text: string }[]} */
export const OTHERS = [
  { keys: "/", text: "Filter this page" },
  { keys: "r", text: "Refresh the dashboard" },
  { keys: "t", text: "Light or dark" },
  { keys: "?", text: "These keys" },
  { keys: "Esc", text: "Close, or leave the panel that is shown large" },
];

/** Handlers that the page on show adds, by key; the last one added is asked first. @type {Map<string, (() => boolean | void)[]>} */
const added = new Map();

/**
 * @param {string} key as in `KeyboardEvent.key`
 * @param {() => boolean | void} handler false lets the next handler have it
 * @returns {() => void} removes it
 */
export function onKey(key, handler) {
  const handlers = added.get(key) ?? [];
  handlers.push(handler);
  added.set(key, handlers);
  return () => handlers.splice(handlers.indexOf(handler), 1);
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** @param {string} key @returns {boolean} whether somebody took it */
function handle(key) {
  for (const handler of [...(added.get(key) ?? [])].reverse()) if (handler() !== false) return true;
  switch (key) {
    case "?":
      helpOpen.value = !helpOpen.value;
      return true;
    case "t":
      toggleTheme();
      return true;
    case "/": {
      const filter = document.querySelector("[data-filter]");
      if (filter instanceof HTMLInputElement || filter instanceof HTMLTextAreaElement) {
        filter.focus();
        filter.select();
      }
      return filter !== null;
    }
    default:
      return false;
  }
}

/** Starts listening. */
export function startKeyboard() {
  let afterG = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") /** @type {HTMLElement} */ (event.target).blur();
      return;
    }
    const second = event.timeStamp - afterG < 1500;
    afterG = -Infinity;
    const page = second && PAGES.find(({ keys }) => keys === `g ${event.key}`);
    if (page) navigate(page.path);
    else if (event.key === "g") afterG = event.timeStamp;
    else if (!handle(event.key)) return;
    event.preventDefault();
  });
}
