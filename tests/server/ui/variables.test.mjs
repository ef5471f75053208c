import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALL, inOrder, interpolate, interpolateText, parseQuery, queriedOptions, queryText, references, scopeValue, select, staticOptions, textScopeOf,
} from "../../../src/vedette/server/ui/grafana/variables.js";

const options = (/** @type {string[]} */ ...values) => values.map((value) => ({ text: value, value }));

test("every way to write a variable is replaced, unknown names stay", () => {
  const scope = { job: "shop", __rate_interval: "1m" };
  assert.equal(interpolate('rate(x{job="$job"}[$__rate_interval])', scope), 'rate(x{job="shop"}[1m])');
  assert.equal(interpolate("${job} [[job]] $jobs $other", scope), "shop shop $jobs $other");
});

test("several values become a regular expression, escaped within the string", () => {
  assert.equal(interpolate('{job=~"$job"}', { job: ["a", "b"] }), '{job=~"(a|b)"}');
  assert.equal(interpolate('{job=~"$job"}', { job: ["a"] }), '{job=~"a"}');
  assert.equal(interpolate('{r=~"$r"}', { r: ["/orders/{id}", "a.b"] }), '{r=~"(/orders/\\\\{id\\\\}|a\\\\.b)"}');
  assert.equal(interpolate('{r=~"$r"}', { r: ['say "x"'] }), '{r=~"say \\"x\\""}');
});

test("a single value is only escaped for the string", () => {
  assert.equal(interpolate('{r="$r"}', { r: 'a"b\\c.d' }), '{r="a\\"b\\\\c.d"}');
});

test("formats after a colon", () => {
  const scope = { v: ["a.b", "c"] };
  assert.equal(interpolate("${v:pipe}", scope), "a.b|c");
  assert.equal(interpolate("${v:regex}", scope), "(a\\.b|c)");
  assert.equal(interpolate("${v:csv}", scope), "a.b,c");
  assert.equal(interpolate("${v:doublequote}", scope), '"a.b","c"');
  assert.equal(interpolate("${v:json}", scope), '["a.b","c"]');
  assert.equal(interpolate("[[v:pipe]]", scope), "a.b|c");
});

test("titles list several values and say All", () => {
  assert.equal(interpolateText("Of $job", { job: ["a", "b"] }), "Of a, b");
  const state = { variable: { name: "job", type: "query", multi: true, includeAll: true }, options: options("a", "b"), selected: [ALL] };
  assert.equal(interpolateText("Of $job", textScopeOf([state])), "Of All");
});

test("queries of variables", () => {
  assert.deepEqual(parseQuery("label_values(job)"), { kind: "label_values", selector: "", label: "job" });
  assert.deepEqual(parseQuery('label_values(up{job=~"a|b", x="1"}, instance)'), { kind: "label_values", selector: 'up{job=~"a|b", x="1"}', label: "instance" });
  assert.deepEqual(parseQuery("label_values(rate(x{a=\"b\"}[5m]), le)"), { kind: "label_values", selector: 'rate(x{a="b"}[5m])', label: "le" });
  assert.deepEqual(parseQuery("metrics(shop_.*)"), { kind: "metrics", pattern: "shop_.*" });
  assert.deepEqual(parseQuery("query_result(topk(3, up))"), { kind: "query_result", query: "topk(3, up)" });
  assert.equal(queryText({ name: "x", type: "query", query: { query: "label_values(job)", refId: "A" } }), "label_values(job)");
  assert.equal(queryText({ name: "x", type: "query", query: "", definition: "label_values(job)" }), "label_values(job)");
});

test("custom options: plain, with text, with an escaped comma", () => {
  assert.deepEqual(staticOptions({ name: "q", type: "custom", query: "0.5, p90 : 0.9,a\\,b" }), [
    { text: "0.5", value: "0.5" },
    { text: "p90", value: "0.9" },
    { text: "a,b", value: "a,b" },
  ]);
});

test("queried values go through the regex, once each, sorted", () => {
  const variable = { name: "x", type: "query", regex: "/node-(\\d+)/", sort: 4 };
  assert.deepEqual(queriedOptions(["node-2", "node-10", "node-2", "other"], variable), options("10", "2"));
  assert.deepEqual(queriedOptions(["b", "a"], { name: "x", type: "query" }), options("b", "a"));
  assert.deepEqual(queriedOptions(["b", "A", "c"], { name: "x", type: "query", sort: 5 }).map(({ value }) => value), ["A", "b", "c"]);
});

test("the URL decides, then the default, then the first value", () => {
  const multi = { name: "job", type: "query", multi: true, includeAll: true, current: { value: ["b"] } };
  assert.deepEqual(select(multi, options("a", "b"), ["a", "b"]), ["a", "b"]);
  assert.deepEqual(select(multi, options("a", "b"), ["All"]), [ALL]);
  assert.deepEqual(select(multi, options("a", "b"), []), ["b"]);
  assert.deepEqual(select(multi, options("a"), []), [ALL], "a default that is gone");
  assert.deepEqual(select(multi, options("a"), ["gone"]), ["gone"], "the URL is believed");
  assert.deepEqual(select({ name: "q", type: "custom" }, options("a", "b"), []), ["a"]);
  assert.deepEqual(select({ name: "q", type: "custom" }, options("a", "b"), ["a", "b"]), ["a"]);
  assert.deepEqual(select({ name: "q", type: "custom" }, [], []), []);
});

test("All is its own value when it has one, else every option, else anything", () => {
  const variable = { name: "job", type: "query", multi: true, includeAll: true };
  assert.equal(scopeValue({ variable: { ...variable, allValue: ".*" }, options: options("a"), selected: [ALL] }), ".*");
  assert.deepEqual(scopeValue({ variable, options: options("a", "b"), selected: [ALL] }), ["a", "b"]);
  assert.equal(scopeValue({ variable, options: [], selected: [ALL] }), ".*");
  assert.equal(scopeValue({ variable: { name: "q", type: "custom" }, options: options("a"), selected: ["a"] }), "a");
});

test("a variable comes after those its query uses, and circles end", () => {
  const a = { name: "a", type: "query", query: 'label_values(up{job="$b"}, x)' };
  const b = { name: "b", type: "query", query: "label_values(job)" };
  assert.deepEqual(inOrder([a, b]).map(({ name }) => name), ["b", "a"]);
  assert.equal(inOrder([a, { ...b, query: "label_values($a)" }]).length, 2);
  assert.equal(references("$a ${b:pipe} [[c]]"), "a b c");
});
