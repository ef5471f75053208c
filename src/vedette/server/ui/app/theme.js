/** Light or dark: the system's choice until the person makes one, which is remembered. */

import { computed, effect, signal } from "../preact.js";

/** @typedef {"light" | "dark"} Theme */

const KEY = "vedette.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal(/** @type {Theme} */ (system.matches ? "dark" : "light"));
const chosen = signal(/** @type {Theme | null} */ (remembered()));

/** The theme in force. */
export const theme = computed(() => chosen.value ?? systemTheme.value);

/** @returns {Theme | null} */
function remembered() {
  const value = window.localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : null;
}

/** Changes to the other theme; back to the system's own choice means following the system again. */
export function toggleTheme() {
  const other = theme.value === "dark" ? "light" : "dark";
  chosen.value = other === systemTheme.value ? null : other;
}

/** Puts the theme on the document and keeps it there. */
export function startTheme() {
  system.addEventListener("change", () => {
    systemTheme.value = system.matches ? "dark" : "light";
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    if (chosen.value) window.localStorage.setItem(KEY, chosen.value);
    else window.localStorage.removeItem(KEY);
  });
}
