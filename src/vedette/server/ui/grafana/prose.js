/** Markdown as a tree: the headings, lists, tables, code and emphasis that panels and descriptions use. HTML stays text. */

/**
 * @typedef {string | Inline} Piece
 * @typedef {{ tag: "code" | "strong" | "em" | "del" | "br", children: Piece[] } | { tag: "a", href: string, children: Piece[] }} Inline
 * @typedef {{ tag: "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6", children: Piece[] }
 *   | { tag: "pre", text: string }
 *   | { tag: "hr" }
 *   | { tag: "ul" | "ol", items: Block[][] }
 *   | { tag: "blockquote", blocks: Block[] }
 *   | { tag: "table", head: Piece[][], rows: Piece[][][] }} Block
 */

/**
 * @param {string} address
 * @returns {string | null} null for one that runs code when followed
 */
export function safeAddress(address) {
  const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(address.replace(/[\u0000-\u0020]/g, ""));
  return !scheme || /^(https?|mailto)$/i.test(scheme[1]) ? address.trim() : null;
}

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^\s*][^*]*?)\*|\b_([^_]+?)_\b|~~(.+?)~~|\[([^\]]+)\]\(\s*([^)\s]+)(?:\s+"[^"]*")?\s*\)|<(https?:\/\/[^>\s]+)>|\\([\\`*_{}[\]()#+\-.!|~<>])| {2,}\n/s;

/**
 * @param {string} text
 * @returns {Piece[]}
 */
export function inline(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) pieces.push(rest.slice(0, match.index));
    pieces.push(piece(match));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) pieces.push(rest);
  return pieces;
}

/** @param {RegExpExecArray} match @returns {Piece} */
function piece(match) {
  const [whole, , code, strong, strong2, em, em2, del, linkText, address, bare, escaped] = match;
  if (code !== undefined) return { tag: "code", children: [code.trim() || code] };
  if (strong ?? strong2) return { tag: "strong", children: inline(strong ?? strong2) };
  if (em ?? em2) return { tag: "em", children: inline(em ?? em2) };
  if (del) return { tag: "del", children: inline(del) };
  if (bare) return { tag: "a", href: bare, children: [bare] };
  if (escaped) return escaped;
  if (address) {
    const href = safeAddress(address);
    return href === null ? linkText : { tag: "a", href, children: inline(linkText) };
  }
  return whole.endsWith("\n") ? { tag: "br", children: [] } : whole;
}

const LIST_ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function blocks(text) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  /** @type {Block[]} */
  const found = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const fence = /^\s*(```|~~~)/.exec(line);
    if (!line.trim()) at += 1;
    else if (fence) {
      const end = lines.findIndex((candidate, index) => index > at && candidate.trim().startsWith(fence[1]));
      const stop = end < 0 ? lines.length : end;
      found.push({ tag: "pre", text: lines.slice(at + 1, stop).join("\n") });
      at = stop + 1;
    } else if (heading) {
      found.push({ tag: /** @type {"h1"} */ (`h${heading[1].length}`), children: inline(heading[2]) });
      at += 1;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      found.push({ tag: "hr" });
      at += 1;
    } else if (/^\s*>/.test(line)) {
      const stop = endOf(lines, at, (candidate) => /^\s*>/.test(candidate));
      found.push({ tag: "blockquote", blocks: blocks(lines.slice(at, stop).map((quoted) => quoted.replace(/^\s*> ?/, "")).join("\n")) });
      at = stop;
    } else if (line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "")) {
      const stop = endOf(lines, at, (candidate) => candidate.includes("|"));
      found.push({ tag: "table", head: cells(line), rows: lines.slice(at + 2, stop).map(cells) });
      at = stop;
    } else if (LIST_ITEM.test(line)) {
      const own = itemOf(line);
      const belongs = (/** @type {string} */ candidate) => {
        const item = itemOf(candidate);
        return item ? item.indent > own.indent + 1 || item.ordered === own.ordered : /^\s+\S/.test(candidate);
      };
      const stop = endOf(lines, at, (candidate, index) => belongs(candidate.trim() ? candidate : (lines[index + 1] ?? "")));
      found.push(list(lines.slice(at, stop)));
      at = stop;
    } else {
      const stop = endOf(lines, at, (candidate, index) => index === at || (candidate.trim() !== "" && !/^\s*(#{1,6}\s|>|```|~~~)/.test(candidate) && !LIST_ITEM.test(candidate)));
      found.push({ tag: "p", children: inline(lines.slice(at, stop).join("\n")) });
      at = stop;
    }
  }
  return found;
}

/** @param {string[]} lines @param {number} start @param {(line: string, index: number) => boolean} belongs @returns {number} */
function endOf(lines, start, belongs) {
  let at = start;
  while (at < lines.length && belongs(lines[at], at)) at += 1;
  return at;
}

/** @param {string} line @returns {any} indentation and kind of a list item, null for another line */
function itemOf(line) {
  const match = LIST_ITEM.exec(line);
  return match && { indent: match[1].length, ordered: /\d/.test(match[2]) };
}

/** @param {string} line @returns {Piece[][]} */
function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => inline(cell.trim()));
}

/** @param {string[]} lines @returns {Block} */
function list(lines) {
  const first = /** @type {RegExpExecArray} */ (LIST_ITEM.exec(lines[0]));
  /** @type {string[][]} */
  const items = [];
  for (const line of lines) {
    const item = LIST_ITEM.exec(line);
    if (item && item[1].length <= first[1].length + 1) items.push([item[3]]);
    else items[items.length - 1].push(line.replace(new RegExp(`^\\s{0,${first[1].length + 4}}`), ""));
  }
  return { tag: /\d/.test(first[2]) ? "ol" : "ul", items: items.map((own) => blocks(own.join("\n"))) };
}
