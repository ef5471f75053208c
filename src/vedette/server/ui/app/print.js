/** A page on paper: without what is for pressing, as wide as the sheet, before the charts are asked to fit. */

const CLASS = "printed";

/** Begins before any chart is there, so that each finds the sheet's width when it is asked. */
export function startPrint() {
  window.addEventListener("beforeprint", () => document.documentElement.classList.add(CLASS));
  window.addEventListener("afterprint", () => document.documentElement.classList.remove(CLASS));
}
