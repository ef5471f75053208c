import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords, liveAlerts, orderedRules, receivedAs, suppression, withoutTemplates } from "../../../src/vedette/server/ui/alerts/list.js";
import { condition } from "../../../src/vedette/server/ui/promql/condition.js";

test("an expression is split into what is measured and the limit", () => {
  assert.deepEqual(condition("up == 0"), { measure: "up", operator: "==", limit: 0 });
  assert.deepEqual(condition("sum(rate(x[5m])) / sum(y) > 0.05"), { measure: "sum(rate(x[5m])) / sum(y)", operator: ">", limit: 0.05 });
  assert.deepEqual(condition("(a / b > bool (60 * 5))"), { measure: "a / b", operator: ">", limit: 300 });
  assert.deepEqual(condition("0.1 < x"), { measure: "x", operator: ">", limit: 0.1 });
});

test("comparisons in strings, braces and calls are not the alert's", () => {
  assert.deepEqual(condition('sum(x{a=~"b>c", d!="e"}) > 1'), { measure: 'sum(x{a=~"b>c", d!="e"})', operator: ">", limit: 1 });
  assert.deepEqual(condition("count(up == 0)"), { measure: "count(up == 0)", operator: null, limit: null });
  assert.deepEqual(condition("x{a=`b > c`} <= 2"), { measure: "x{a=`b > c`}", operator: "<=", limit: 2 });
});

test("of a set operation the first operand is drawn", () => {
  assert.deepEqual(condition("(a > 5) and on (job) (b > 3)"), { measure: "a", operator: ">", limit: 5 });
  assert.deepEqual(condition("landing > 1 unless other"), { measure: "landing", operator: ">", limit: 1 });
});

test("a limit that is no number is not drawn", () => {
  assert.deepEqual(condition("a > on (job) group_left () b"), { measure: "a", operator: ">", limit: null });
  assert.deepEqual(condition('absent(up{job="x"})'), { measure: 'absent(up{job="x"})', operator: null, limit: null });
});

const rule = (/** @type {string} */ name, /** @type {any} */ state, /** @type {string} */ severity, /** @type {any[]} */ alerts = []) => ({
  type: /** @type {const} */ ("alerting"), name, query: "", duration: 0, labels: { severity }, annotations: {}, alerts, state, health: "ok",
});

test("firing comes before pending, worse before better, newer before older", () => {
  const alert = (/** @type {string} */ severity, /** @type {any} */ state, /** @type {string} */ at) => ({ labels: { severity }, annotations: {}, state, activeAt: at, value: "1" });
  const rules = [
    rule("Calm", "inactive", "critical"),
    rule("Soon", "pending", "critical", [alert("critical", "pending", "2026-01-01T00:00:00Z")]),
    rule("Low", "firing", "low", [alert("low", "firing", "2026-01-01T00:00:00Z")]),
    rule("Bad", "firing", "page", [alert("page", "firing", "2026-01-01T00:00:00Z"), alert("page", "firing", "2026-01-02T00:00:00Z")]),
  ];
  const groups = [{ name: "g", file: "f", interval: 15, rules }];
  assert.deepEqual(orderedRules(groups).map((one) => one.rule.name), ["Bad", "Low", "Soon", "Calm"]);
  assert.deepEqual(liveAlerts(groups).map((one) => [one.rule.name, one.alert.activeAt.slice(8, 10)]), [["Bad", "02"], ["Bad", "01"], ["Low", "01"], ["Soon", "01"]]);
});

test("a link of a rule that is not active loses the parts with templates", () => {
  assert.equal(withoutTemplates("http://x/d/u?viewPanel=4&var-job={{ $labels.job | urlquery }}&a=1"), "http://x/d/u?viewPanel=4&a=1");
  assert.equal(withoutTemplates("http://x/{{ $labels.job }}"), undefined);
  assert.equal(withoutTemplates("http://x/d/u"), "http://x/d/u");
  assert.equal(withoutTemplates(undefined), undefined);
});

test("a text of a rule that is not active names what will be filled in", () => {
  assert.deepEqual(inWords("{{ $labels.instance }} of {{ $labels.job }} is down"), ["", "instance", " of ", "job", " is down"]);
  assert.deepEqual(inWords('{{ printf "%.1f" $value }} left{{ range query "x" }}, {{ .Value | humanize }} gone{{ end }}'), ["", "value", " left, ", "value", " gone"]);
  assert.deepEqual(inWords("The shop is down"), ["The shop is down"]);
  for (const text of ["{{ if gt $value 9.0 }}many{{ end }}", "{{ $externalURL }}", "", undefined]) assert.equal(inWords(text), undefined);
});

test("an alert is found as the notifier has it, with the external labels, and why nobody is told of it", () => {
  const received = (/** @type {string} */ name, /** @type {any} */ status) => ({
    labels: { alertname: name, job: "shop", environment: "local" }, annotations: {}, startsAt: "", endsAt: "", updatedAt: "", fingerprint: `f-${name}`, receivers: [],
    status: { state: "active", silencedBy: [], inhibitedBy: [], ...status },
  });
  const all = [
    received("Critical", {}),
    received("High", { state: "suppressed", inhibitedBy: ["f-Critical", "gone"] }),
    received("Muted", { state: "suppressed", silencedBy: ["s1"], inhibitedBy: ["f-Critical"] }),
  ];
  const active = (/** @type {string} */ alertname, job = "shop") => ({ labels: { alertname, job }, annotations: {}, state: /** @type {const} */ ("firing"), activeAt: "", value: "1" });
  const why = (/** @type {string} */ name) => suppression(receivedAs(active(name), all), all);
  assert.equal(why("Critical"), null);
  assert.deepEqual(why("High"), { text: "inhibited", by: ["Critical"] });
  assert.deepEqual(why("Muted"), { text: "silenced", by: [] });
  assert.equal(receivedAs(active("High", "other"), all), undefined);
  assert.equal(suppression(undefined, all), null);
});
