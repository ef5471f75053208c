/** Alerts in the order in which they matter, and how they are named and linked. */

/** @typedef {import("../api/types.js").AlertingRule} AlertingRule */
/** @typedef {import("../api/types.js").ActiveAlert} ActiveAlert */
/** @typedef {import("../api/types.js").RuleGroup} RuleGroup */
/** @typedef {import("../api/types.js").ReceivedAlert} ReceivedAlert */

/** Rank by severity, ours and the words of other tools. @type {Record<string, number>} */
const RANK = { critical: 0, page: 0, high: 1, error: 1, warning: 1, medium: 2, low: 3, info: 3, none: 3 };
/** @type {Record<string, number>} */
const STATE_RANK = { firing: 0, pending: 1, inactive: 2, unknown: 3 };

/** @param {string | undefined} severity @returns {number} 0 is worst */
export function severityRank(severity) {
  return RANK[severity ?? ""] ?? 2;
}

/**
 * @param {RuleGroup[]} groups
 * @returns {{ rule: AlertingRule, alert: ActiveAlert, key: string }[]} firing before pending, worst first, then newest
 */
export function liveAlerts(groups) {
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => (rule.alerts ?? []).map((alert) => ({ rule, alert, key: `${rule.name} ${JSON.stringify(alert.labels)}` })))
    .sort(
      (a, b) =>
        STATE_RANK[a.alert.state] - STATE_RANK[b.alert.state] ||
        severityRank(a.alert.labels.severity) - severityRank(b.alert.labels.severity) ||
        Date.parse(b.alert.activeAt) - Date.parse(a.alert.activeAt),
    );
}

/**
 * @param {RuleGroup[]} groups
 * @returns {{ rule: AlertingRule, group: RuleGroup, key: string }[]} the worst state first, then by severity and name
 */
export function orderedRules(groups) {
  return groups
    .flatMap((group) => group.rules.map((rule, index) => ({ rule, group, key: `${group.file} ${group.name} ${index}` })))
    .sort(
      (a, b) =>
        STATE_RANK[a.rule.state] - STATE_RANK[b.rule.state] ||
        severityRank(a.rule.labels?.severity) - severityRank(b.rule.labels?.severity) ||
        a.rule.name.localeCompare(b.rule.name),
    );
}

/**
 * @param {ActiveAlert} alert
 * @param {ReceivedAlert[]} received
 * @returns {ReceivedAlert | undefined} the same alert as the notifier has it, which adds the external labels
 */
export function receivedAs(alert, received) {
  return received.find(({ labels }) => Object.entries(alert.labels).every(([name, text]) => labels[name] === text));
}

/**
 * Why nobody is told of an alert.
 * @param {ReceivedAlert | undefined} alert
 * @param {ReceivedAlert[]} received
 * @returns {{ text: "silenced" | "inhibited", by: string[] } | null} `by`: names of the alerts that inhibit it; null when people are told
 */
export function suppression(alert, received) {
  if (alert?.status.state !== "suppressed") return null;
  if (alert.status.silencedBy.length) return { text: "silenced", by: [] };
  const names = received.filter(({ fingerprint }) => alert.status.inhibitedBy.includes(fingerprint)).map(({ labels }) => labels.alertname);
  return { text: "inhibited", by: [...new Set(names)].sort() };
}

/** @param {string} name @returns {string} the address of the alert's row, open */
export function alertHref(name) {
  return `/alerts?alert=${encodeURIComponent(name)}`;
}

/** What a template will fill in: a label or the value. Blocks that repeat what a query finds are said once. */
const FILLED = /\{\{-?[^}]*?(?:\$labels\.(\w+)|\$value\b|\.Value\b|\|\s*value\b)[^}]*\}\}/;
const BLOCK = /\{\{-?\s*(?:(?:range|with)\b[^}]*|end\s*-?)\}\}/g;
const CASES = /\{\{-?\s*(?:if|else)\b/;

/**
 * A text of a rule that is not active, whose template is not filled in: what will be filled in stands there by its name.
 * @param {string | undefined} text
 * @returns {string[] | undefined} words and names by turns, words first; undefined where that cannot be told
 */
export function inWords(text) {
  if (!text || CASES.test(text)) return undefined;
  const parts = [];
  let rest = text.replace(BLOCK, "");
  for (let found = FILLED.exec(rest); found; found = FILLED.exec(rest)) {
    parts.push(rest.slice(0, found.index), found[1] ?? "value");
    rest = rest.slice(found.index + found[0].length);
  }
  parts.push(rest);
  return parts.some((part) => part.includes("{{")) ? undefined : parts;
}

/**
 * A link from a rule that is not active, whose template is not filled in: the parts with templates go.
 * @param {string | undefined} url
 * @returns {string | undefined}
 */
export function withoutTemplates(url) {
  if (!url?.includes("{{")) return url;
  const [address, query = ""] = url.split("?", 2);
  if (address.includes("{{")) return undefined;
  const kept = query.replace(/\{\{[^}]*\}\}/g, "{{}}").split("&").filter((pair) => pair && !pair.includes("{{"));
  return kept.length ? `${address}?${kept.join("&")}` : address;
}
