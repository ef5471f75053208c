/** Where panels stand: rows as sections, and each panel's place on the 24-column grid of its section. */

import { ALL } from "./variables.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {{ panel: Panel, column: number, row: number, width: number, height: number }} Placed */
/** @typedef {{ row: Panel | null, panels: Placed[], pinned: Pinned | null }} Section */
/** @typedef {{ name: string, value: string, text: string }} Pinned the value of a variable that a repeated row is for */

/**
 * A collapsed row holds its panels; an open one is followed by them.
 * @param {Panel[]} panels
 * @returns {Section[]}
 */
export function sections(panels) {
  const ordered = [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
  /** @type {{ row: Panel | null, panels: Panel[] }[]} */
  const found = [{ row: null, panels: [] }];
  for (const panel of ordered) {
    if (panel.type === "row") found.push({ row: panel, panels: [...(panel.panels ?? [])] });
    else found[found.length - 1].panels.push(panel);
  }
  return found.filter(({ row, panels: own }) => row || own.length).map(({ row, panels: own }) => ({ row, panels: placed(own), pinned: null }));
}

/**
 * A row that is repeated, once for each chosen value of its variable; once as it is while there is none.
 * @param {Section[]} all
 * @param {import("./types.js").VariableState[]} states
 * @returns {Section[]}
 */
export function repeated(all, states) {
  return all.flatMap((section) => {
    const state = section.row?.repeat ? states.find(({ variable }) => variable.name === section.row?.repeat) : undefined;
    if (!state) return [section];
    const { variable, options, selected } = state;
    const chosen = selected.includes(ALL) ? options : selected.map((value) => options.find((option) => option.value === value) ?? { text: value, value });
    return chosen.length ? chosen.map(({ text, value }) => ({ ...section, pinned: { name: variable.name, value, text } })) : [section];
  });
}

/** @param {Panel[]} panels @returns {Placed[]} */
function placed(panels) {
  const top = Math.min(...panels.map(({ gridPos }) => gridPos.y));
  return panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    return { panel, column: x + 1, row: y - top + 1, width: Math.max(1, Math.min(w, 24 - x)), height: Math.max(1, h) };
  });
}

/**
 * @param {Panel[]} panels
 * @param {number} id
 * @returns {Panel | undefined} wherever it is, also in a collapsed row
 */
export function findPanel(panels, id) {
  for (const panel of panels) {
    if (panel.type !== "row" && panel.id === id) return panel;
    const inside = panel.panels && findPanel(panel.panels, id);
    if (inside) return inside;
  }
  return undefined;
}
