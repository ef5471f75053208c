/** Labels of a chart's time axis, in the reader's own time zone, without seconds or dates that say nothing. */

const DAY = 86_400;

/**
 * @param {number[]} splits epoch seconds
 * @param {number} increment seconds between them
 * @returns {string[]}
 */
export function timeTicks(splits, increment) {
  let day = "";
  return splits.map((split, index) => {
    const date = new Date(split * 1000);
    const today = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    const changed = index > 0 && today !== day;
    day = today;
    if (increment >= DAY || (changed && date.getHours() === 0 && date.getMinutes() === 0)) return today;
    const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
    return increment < 60 ? `${minutes}:${two(date.getSeconds())}` : minutes;
  });
}

/** @param {number} part */
function two(part) {
  return String(part).padStart(2, "0");
}
