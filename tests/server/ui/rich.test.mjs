import assert from "node:assert/strict";
import { test } from "node:test";
import { thinned, traceAddress } from "../../../src/vedette/server/ui/grafana/exemplars.js";
import { frames } from "../../../src/vedette/server/ui/grafana/frames.js";
import { heatOf, rowOf, strength } from "../../../src/vedette/server/ui/grafana/heat.js";
import { repeated, sections } from "../../../src/vedette/server/ui/grafana/layout.js";
import { dataLinks } from "../../../src/vedette/server/ui/grafana/links.js";
import { regionsOf } from "../../../src/vedette/server/ui/grafana/regions.js";

/** @typedef {[number, string]} Pair */

const buckets = (/** @type {Record<string, Pair[]>} */ byBound) => [
  { target: { refId: "A" }, window: { start: 0, end: 20, step: 10 }, series: Object.entries(byBound).map(([le, values]) => ({ metric: { le }, values })) },
];

test("a cell is what is in a bucket and in no smaller one, whatever the order of the series", () => {
  const heat = heatOf(buckets({ "+Inf": [[0, "6"], [10, "4"]], 1: [[0, "5"], [10, "4"]], "0.5": [[0, "2"], [10, "3"]] }));
  assert.deepEqual(heat.bounds, [0.5, 1, Infinity]);
  assert.deepEqual(heat.cells, [[2, 3], [3, 1], [1, 0]]);
  assert.deepEqual([heat.floor, heat.most, heat.step], [0, 3, 10]);
});

test("rows that are empty are left out but for one on each side, a gap stays a gap, a fall in between is nothing", () => {
  const heat = heatOf(buckets({ 1: [[0, "0"]], 2: [[0, "0"]], 3: [[0, "0"], [10, "2"]], 4: [[0, "3"], [10, "1.9"]], 5: [[0, "3"]], 6: [[0, "3"]], "+Inf": [[0, "3"]] }));
  assert.deepEqual([heat.floor, heat.bounds], [1, [2, 3, 4, 5]]);
  assert.deepEqual(heat.cells, [[0, null], [0, 2], [3, 0], [0, null]]);
});

test("what is rare is seen beside what is common", () => {
  assert.deepEqual([strength(0, 4), strength(1, 4), strength(4, 4), strength(1, 0)], [0, 0.5, 1, 0]);
});

test("a value stands in its row, between the bounds of it", () => {
  const heat = { floor: 0, bounds: [1, 3, Infinity] };
  assert.deepEqual([0.5, 1, 2, 3, 99, -1].map((value) => rowOf(value, heat)), [0.5, 1, 1.5, 2, 2.5, 0]);
});

test("of the exemplars of a moment the greatest is shown, and of those outside none", () => {
  const series = { le: "1" };
  const event = (/** @type {number} */ timestamp, /** @type {string} */ value) => ({ labels: { trace_id: value }, value, timestamp });
  const found = thinned([{ seriesLabels: series, exemplars: [event(1, "0.2"), event(2, "0.7"), event(3, "0.1"), event(60, "0.4"), event(101, "9"), event(50, "x")] }], { start: 0, end: 100 }, 10);
  assert.deepEqual(found.map(({ time, value }) => [time, value]), [[2, 0.7], [60, 0.4]]);
});

test("an exemplar leads to its trace where both are known", () => {
  const pattern = "https://t.example.com/{trace_id}?q={trace_id}";
  assert.equal(traceAddress({ trace_id: "a/b" }, pattern), "https://t.example.com/a%2Fb?q=a%2Fb");
  assert.equal(traceAddress({ traceID: "c" }, "http://t/{trace_id}"), "http://t/c");
  assert.equal(traceAddress({}, pattern), "");
  assert.equal(traceAddress({ trace_id: "a" }, ""), "");
});

const state = (/** @type {string[]} */ selected, /** @type {string[]} */ offered) => ({ variable: { name: "route", type: "query", multi: true }, options: offered.map((value) => ({ text: `${value}!`, value })), selected });
const rows = sections([
  { id: 1, type: "row", title: "Route $route", repeat: "route", gridPos: { x: 0, y: 0, w: 24, h: 1 } },
  { id: 2, type: "stat", gridPos: { x: 0, y: 1, w: 6, h: 4 } },
]);

test("a repeated row is there for each chosen value, for all of them with All, and once while there is none", () => {
  const pins = (/** @type {any[]} */ states) => repeated(rows, states).map(({ pinned, panels }) => [pinned && [pinned.value, pinned.text], panels.length]);
  assert.deepEqual(pins([state(["$__all"], ["/a", "/b"])]), [[["/a", "/a!"], 1], [["/b", "/b!"], 1]]);
  assert.deepEqual(pins([state(["/b", "/gone"], ["/a", "/b"])]), [[["/b", "/b!"], 1], [["/gone", "/gone"], 1]]);
  assert.deepEqual(pins([state(["$__all"], [])]), [[null, 1]]);
  assert.deepEqual(pins([]), [[null, 1]]);
});

const context = { labels: { route: "/a b", job: "shop" }, cells: { "p 95": 3 }, scope: { job: ["a", "b"], datasource: "vedette" }, time: { from: "now-1h", to: "now" }, range: { from: 1000.4, to: 2000 } };
const href = (/** @type {string} */ url) => dataLinks([{ title: "x", url }], context)[0]?.href;

test("a link has the labels of its series, the variables and the time in it, each as it may stand in an address", () => {
  assert.equal(href("/d/u?${datasource:queryparam}&var-route=${__field.labels.route:percentencode}&${__url_time_range}"), "/d/u?var-datasource=vedette&var-route=%2Fa%20b&from=now-1h&to=now");
  assert.equal(href("https://l.example.com/?q=${__field.labels.job}&from=${__from}&to=${__to}"), "https://l.example.com/?q=shop&from=1000&to=2000");
  assert.equal(href("/d/u?${job:queryparam}&${none:queryparam}&x=${__data.fields[\"p 95\"]}"), "/d/u?var-job=a&var-job=b&x=3");
  assert.equal(dataLinks([{ title: "Only ${__field.labels.route}", url: "/d/u" }], context)[0].title, "Only /a b");
});

test("an address that could do harm leads nowhere, and no links are none", () => {
  assert.equal(href("javascript:alert(1)"), undefined);
  assert.deepEqual(dataLinks(undefined, context), []);
});

test("values that are times are marked once each, where they say", () => {
  const annotation = { name: "Deployments", titleFormat: "{{job}} started", useValueForTime: true, iconColor: "blue" };
  const found = regionsOf(annotation, [{ metric: { job: "shop" }, values: [[10, "5000"], [20, "5000"], [30, "25500"]] }], 10);
  assert.deepEqual(found.map(({ from, to, title, moment }) => [from, to, title, moment]), [[5, 5, "shop started", true], [25.5, 25.5, "shop started", true]]);
});

test("the past is drawn as its override says, the present as it was", () => {
  const past = { matcher: { id: "byFrameRefID", options: "A_past" }, properties: [{ id: "color", value: { mode: "fixed", fixedColor: "#8c939d" } }, { id: "custom.lineStyle", value: { fill: "dash" } }, { id: "custom.fillOpacity", value: 0 }] };
  const panel = { id: 1, type: "timeseries", gridPos: { x: 0, y: 0, w: 1, h: 1 }, fieldConfig: { defaults: { custom: { fillOpacity: 8 } }, overrides: [past] } };
  const result = (/** @type {string} */ refId) => ({ target: { refId, legendFormat: refId }, window: null, series: [{ metric: {}, values: [/** @type {Pair} */ ([1, "2"])] }] });
  const [now, before] = frames(panel, [result("A"), result("A_past")], (text) => text);
  assert.deepEqual([now.config.custom, now.color], [{ fillOpacity: 8 }, "var(--series-1)"]);
  assert.deepEqual([before.config.custom, before.color], [{ fillOpacity: 0, lineStyle: { fill: "dash" } }, "#8c939d"]);
});
