/** A chart as large as its place: when that changes, and before a printer takes it, which waits for no observer. */

/**
 * @param {HTMLElement} place
 * @param {import("../vendor/uplot.js").default} chart
 * @param {() => { width: number, height: number }} size
 * @returns {() => void} ends it
 */
export function fitted(place, chart, size) {
  const fit = () => {
    const next = size();
    if (next.width !== chart.width || next.height !== chart.height) chart.setSize(next);
  };
  const observer = new ResizeObserver(fit);
  observer.observe(place);
  window.addEventListener("beforeprint", fit);
  return () => {
    observer.disconnect();
    window.removeEventListener("beforeprint", fit);
  };
}
