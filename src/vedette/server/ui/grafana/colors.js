/** Grafana's colour names in the page's theme. Charts need real values, so CSS variables are read when asked. */

/** Categorical palette; each is a CSS variable `--series-<n>` with a value per theme. */
const PALETTE_SIZE = 12;

/** Grafana's hues and their CSS variables. */
const HUES = ["red", "orange", "yellow", "green", "blue", "purple"];
/** How far a shade goes towards the text colour (dark) or the background (light), in per cent. @type {Record<string, number>} */
const SHADES = { "super-light": 60, light: 30, "semi-dark": -15, dark: -30 };

/**
 * @param {string} variable name of a CSS variable
 * @returns {string} its value in the present theme
 */
export function css(variable) {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}

/** @param {number} index @returns {string} CSS text */
export function paletteColor(index) {
  return `var(--series-${(index % PALETTE_SIZE) + 1})`;
}

/**
 * @param {string | undefined | null} name `green`, `dark-red`, `#abc`, `rgb(…)`, `text`, `transparent`
 * @returns {string} CSS text, theme aware
 */
export function color(name) {
  if (!name) return "var(--text-2)";
  if (name === "text") return "var(--text)";
  if (name === "transparent" || name.startsWith("#") || name.startsWith("rgb") || name.startsWith("hsl")) return name;
  const hue = HUES.find((candidate) => name.endsWith(candidate));
  if (!hue) return "var(--text-2)";
  const base = `var(--hue-${hue})`;
  const shade = SHADES[name.slice(0, -hue.length - 1)];
  if (!shade) return base;
  return shade > 0 ? `color-mix(in srgb, ${base} ${100 - shade}%, white)` : `color-mix(in srgb, ${base} ${100 + shade}%, black)`;
}

/** @type {CanvasRenderingContext2D | null} */
let probe = null;

/**
 * CSS text as a colour that a canvas takes, with its opacity changed when asked.
 * @param {string} text may use `var()` and `color-mix()`
 * @param {number} [alpha] 0 to 1
 * @returns {string}
 */
export function canvasColor(text, alpha = 1) {
  const holder = document.createElement("span");
  holder.style.color = text;
  holder.hidden = true;
  document.body.append(holder);
  const resolved = getComputedStyle(holder).color;
  holder.remove();
  probe ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!probe) return resolved;
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = resolved;
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
  return `rgba(${r}, ${g}, ${b}, ${((a / 255) * alpha).toFixed(3)})`;
}
