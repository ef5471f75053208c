/** Ranges of value axes: what the data needs, within what the panel says. */

/**
 * @param {number | null} low least value drawn
 * @param {number | null} high greatest value drawn
 * @param {{ min?: number | null, max?: number | null, softMin?: number | null, softMax?: number | null, zero?: boolean }} wanted
 *   hard and soft limits; `zero` keeps zero in view, for bars, areas and stacks
 * @returns {[number, number]}
 */
export function valueRange(low, high, { min, max, softMin, softMax, zero }) {
  let bottom = low ?? 0;
  let top = high ?? 1;
  if (typeof softMin === "number") bottom = Math.min(bottom, softMin);
  if (typeof softMax === "number") top = Math.max(top, softMax);
  if (zero || nearZero(bottom, top)) {
    bottom = Math.min(0, bottom);
    top = Math.max(0, top);
  }
  if (bottom === top) {
    const room = bottom === 0 ? 1 : Math.abs(bottom) * 0.5;
    top += room;
    if (bottom !== 0) bottom -= room;
  }
  const room = (top - bottom) * 0.06;
  if (bottom !== 0 && bottom !== softMin) bottom = bottom > 0 && bottom - room < 0 ? 0 : bottom - room;
  if (top !== 0 && top !== softMax) top += room;
  return [min ?? bottom, max ?? top];
}

/** Whether the distance to zero is small beside the spread, so that zero costs little room. @param {number} bottom @param {number} top */
function nearZero(bottom, top) {
  return bottom >= 0 ? bottom < (top - bottom) * 2 || bottom === top : top <= 0 && -top < (top - bottom) * 2;
}
