/** Line icons, drawn here. Decoration only: words stand beside them or in the label of their button. */

import { html } from "../preact.js";

/** Paths on a 24 by 24 grid. @type {Record<string, string>} */
const PATHS = {
  overview: "M3 12l9-8 9 8M5.5 10v10h13V10M10 20v-6h4v6",
  dashboards: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
  alerts: "M6 17V11a6 6 0 0112 0v6l2 2H4zM10 21h4",
  targets: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 8a4 4 0 100 8 4 4 0 000-8zM12 1v4M12 19v4M1 12h4M19 12h4",
  deliveries: "M3 5h18v14H3zM3 6l9 7 9-7",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19",
  moon: "M20 14.5A8 8 0 119.5 4 6.5 6.5 0 0020 14.5z",
  keyboard: "M2 6h20v12H2zM6 10h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10",
  clock: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3 2",
  refresh: "M20 11a8 8 0 10-.7 4M20 4v7h-7",
  chevron: "M9 6l6 6-6 6",
  down: "M6 9l6 6 6-6",
  more: "M12 5.2a.4.4 0 100 .8.4.4 0 000-.8zM12 11.6a.4.4 0 100 .8.4.4 0 000-.8zM12 18a.4.4 0 100 .8.4.4 0 000-.8z",
  close: "M6 6l12 12M18 6L6 18",
  expand: "M14 4h6v6M10 20H4v-6M20 4l-7 7M4 20l7-7",
  shrink: "M20 10h-6V4M4 14h6v6M14 10l7-7M10 14l-7 7",
  info: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 11v5M12 8v.01",
  warning: "M12 4l9 16H3zM12 10v4M12 17v.01",
  check: "M5 12.5l4.5 4.5L19 7.5",
  book: "M4 5a2 2 0 012-2h13v16H6a2 2 0 00-2 2zM4 19a2 2 0 012-2h13M9 7h6",
  chart: "M4 4v16h16M8 15l3-4 3 2 5-7",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l5 5",
  back: "M11 6l-6 6 6 6M5 12h14",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  drill: "M5 5v9h13M13 9l5 5-5 5",
  code: "M9 8l-4 4 4 4M15 8l4 4-4 4",
  mail: "M3 5h18v14H3zM3 6l9 7 9-7",
  webhook: "M8 16a4 4 0 11-1-6l3-5M16 16h-6M12 5a4 4 0 116 4l3 5a4 4 0 11-5 3",
};

/** @param {{ name: string, size?: number }} props */
export function Icon({ name, size = 16 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true">
    <path d=${PATHS[name] ?? PATHS.info} />
  </svg>`;
}
