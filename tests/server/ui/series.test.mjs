import assert from "node:assert/strict";
import { test } from "node:test";
import { stacked } from "../../../src/vedette/server/ui/charts/stack.js";
import { valueRange } from "../../../src/vedette/server/ui/charts/scale.js";
import { timeTicks } from "../../../src/vedette/server/ui/charts/ticks.js";
import { fieldConfig } from "../../../src/vedette/server/ui/grafana/fields.js";
import { aligned, frames, sample } from "../../../src/vedette/server/ui/grafana/frames.js";
import { legend, legendOrder, names, seriesText, sortedBy } from "../../../src/vedette/server/ui/grafana/legend.js";
import { showsEnd, showsPast, withEnd } from "../../../src/vedette/server/ui/grafana/now.js";
import { reduce } from "../../../src/vedette/server/ui/grafana/reduce.js";
import { absoluteSteps, mapped, thresholdColor } from "../../../src/vedette/server/ui/grafana/thresholds.js";

test("legend templates take labels, unknown ones become nothing", () => {
  assert.equal(legend("{{route}} of {{ job }}", { route: "/a", job: "shop" }), "/a of shop");
  assert.equal(legend("{{nope}}x", {}), "x");
});

test("without a template series are called by what differs", () => {
  assert.deepEqual(names("", [{ job: "a", env: "x" }, { job: "b", env: "x" }], "up"), ["a", "b"]);
  assert.deepEqual(names("__auto", [{ a: "1", b: "1" }, { a: "1", b: "2" }, { a: "2", b: "2" }], ""), ["a=1, b=1", "a=1, b=2", "a=2, b=2"]);
  assert.deepEqual(names(undefined, [{}], "sum(up)"), ["sum(up)"]);
  assert.deepEqual(names("{{gone}}", [{ __name__: "up", job: "a" }], "up"), ['up{job="a"}']);
  assert.equal(seriesText({ b: 'x"y', a: "1" }), '{a="1", b="x\\"y"}');
});

test("a legend has the largest first, what has no value last, and equals as they came", () => {
  const frame = (/** @type {string} */ name, /** @type {(number | null)[]} */ values) => ({ refId: "A", name, labels: {}, times: values.map((_, at) => at), values, config: {}, color: "" });
  const frames = [frame("b", [9, 0]), frame("none", [null]), frame("c", [1, 5]), frame("a", [3, 0])];
  const order = (/** @type {string} */ by, /** @type {boolean} */ descending) => legendOrder(frames, sortedBy(by), descending).map(({ name }) => name);
  assert.deepEqual(order("Last *", true), ["c", "b", "a", "none"]);
  assert.deepEqual(order("Last *", false), ["b", "a", "c", "none"]);
  assert.deepEqual(order("Max", true), ["b", "c", "a", "none"]);
  assert.deepEqual(order("Name", false), ["a", "b", "c", "none"]);
  assert.deepEqual(order("", true), ["b", "none", "c", "a"]);
  const past = { ...frame("past", [7]), config: { custom: { lineStyle: { fill: "dash" } } } };
  assert.deepEqual(legendOrder([past, ...frames], "lastNotNull", true).map(({ name }) => name), ["c", "b", "a", "none", "past"]);
});

test("a stat ends with the value of now, and what is over is not in it", () => {
  const past = [
    { metric: { job: "a", zone: "x" }, values: /** @type {[number, string][]} */ ([[10, "1"], [20, "2"], [25, "4"]]) },
    { metric: { job: "over" }, values: /** @type {[number, string][]} */ ([[10, "7"]]) },
  ];
  const end = [{ metric: { zone: "x", job: "a" }, value: /** @type {[number, string]} */ ([25, "3"]) }, { metric: { job: "b" }, value: /** @type {[number, string]} */ ([25, "9"]) }];
  const expected = [[[10, "1"], [20, "2"], [25, "3"]], [[25, "9"]]];
  assert.deepEqual(withEnd(past, end).map(({ values }) => values), expected);
  assert.deepEqual(withEnd(past, end.reverse()).map(({ values }) => values), expected);
});

test("only what shows the last value of a series asks for its end, only what draws its past for that", () => {
  const panel = (/** @type {string} */ type, /** @type {object} */ options) => ({ id: 1, type, gridPos: { x: 0, y: 0, w: 1, h: 1 }, options });
  const kinds = [panel("stat", { graphMode: "area" }), panel("stat", { reduceOptions: { calcs: ["max"] } }), panel("stat", { reduceOptions: { calcs: ["lastNotNull"], values: true } }), panel("gauge", { reduceOptions: { calcs: ["lastNotNull"] } }), panel("timeseries", {})];
  assert.deepEqual(kinds.map(showsEnd), [true, false, false, true, false]);
  assert.deepEqual(kinds.map(showsPast), [true, false, false, false, false]);
});

test("calculations leave gaps out", () => {
  const values = [null, 4, 1, NaN, 3, null];
  const expected = { lastNotNull: 3, last: null, firstNotNull: 4, min: 1, max: 4, sum: 8, count: 3, range: 3, diff: -1, median: 3, delta: 3, p95: 3.9 };
  for (const [calc, value] of Object.entries(expected)) assert.ok(Math.abs((reduce(calc, values) ?? 0) - (value ?? 0)) < 1e-9, calc);
  assert.ok(Math.abs(/** @type {number} */ (reduce("mean", values)) - 8 / 3) < 1e-12);
  assert.equal(reduce("mean", [null]), null);
  assert.equal(reduce("count", []), 0);
});

test("samples may be infinite or not a number", () => {
  assert.equal(sample("+Inf"), Infinity);
  assert.equal(sample("-Inf"), -Infinity);
  assert.ok(Number.isNaN(sample("NaN")));
  assert.equal(sample("1e-3"), 0.001);
});

test("the last threshold that a value reaches colours it", () => {
  const config = { thresholds: { mode: /** @type {const} */ ("absolute"), steps: [{ color: "green", value: null }, { color: "red", value: 5 }, { color: "orange", value: 2 }] } };
  assert.deepEqual([0, 2, 4.9, 5, 9].map((value) => thresholdColor(value, config)), ["green", "orange", "orange", "red", "red"]);
  assert.equal(thresholdColor(null, config), null);
  assert.equal(thresholdColor(1, {}), null);
});

test("percentage thresholds are of the range", () => {
  const config = { min: 0, max: 50, thresholds: { mode: /** @type {const} */ ("percentage"), steps: [{ color: "green", value: null }, { color: "red", value: 80 }] } };
  assert.deepEqual(absoluteSteps(config).map(({ value }) => value), [-Infinity, 40]);
});

test("mappings by value, range, pattern and speciality", () => {
  const mappings = [
    { type: /** @type {const} */ ("value"), options: { 1: { text: "UP" } } },
    { type: /** @type {const} */ ("range"), options: { from: 5, to: 9, result: { text: "some" } } },
    { type: /** @type {const} */ ("special"), options: { match: "null", result: { text: "none" } } },
    { type: /** @type {const} */ ("regex"), options: { pattern: "(\\w+)@.*", result: { text: "$1" } } },
  ];
  assert.equal(mapped(1, mappings)?.text, "UP");
  assert.equal(mapped(7, mappings)?.text, "some");
  assert.equal(mapped(null, mappings)?.text, "none");
  assert.equal(mapped("ann@example.com", mappings)?.text, "ann");
  assert.equal(mapped(3, mappings), null);
});

test("overrides change their own field and leave the defaults alone", () => {
  const source = {
    defaults: { unit: "s", custom: { lineWidth: 1, lineStyle: { fill: "solid" } } },
    overrides: [
      { matcher: { id: "byName", options: "p99" }, properties: [{ id: "unit", value: "ms" }, { id: "custom.lineStyle.fill", value: "dash" }] },
      { matcher: { id: "byRegexp", options: "/^p9/" }, properties: [{ id: "decimals", value: 1 }] },
      { matcher: { id: "unknown", options: "" }, properties: [{ id: "unit", value: "bytes" }] },
    ],
  };
  const changed = fieldConfig(source, { name: "p99", type: "number" });
  assert.deepEqual([changed.unit, changed.decimals, changed.custom?.lineStyle.fill, changed.custom?.lineWidth], ["ms", 1, "dash", 1]);
  assert.equal(fieldConfig(source, { name: "p50", type: "number" }).unit, "s");
  assert.equal(source.defaults.custom.lineStyle.fill, "solid");
});

test("frames are named, configured and put on one axis with their gaps", () => {
  const panel = { id: 1, type: "timeseries", gridPos: { x: 0, y: 0, w: 1, h: 1 }, fieldConfig: { defaults: { unit: "s" }, overrides: [] } };
  const window = { start: 10, end: 30, step: 10 };
  const results = [
    { target: { refId: "A", expr: "x", legendFormat: "{{job}} $q" }, window, series: [{ metric: { job: "a" }, values: /** @type {[number, string][]} */ ([[10, "1"], [30, "+Inf"]]) }] },
    { target: { refId: "B", expr: "y" }, window, series: [] },
  ];
  const found = frames(panel, results, (text) => text.replace("$q", "p9"));
  assert.deepEqual(found.map(({ name, refId }) => [name, refId]), [["a p9", "A"]]);
  assert.deepEqual(aligned(found, results), { times: [10, 20, 30], columns: [[1, null, null]] });
});

test("stacking skips hidden columns and keeps gaps", () => {
  const columns = [[1, 2], [10, null], [100, 200]];
  assert.deepEqual(stacked(columns, [true, true, true], false), [[1, 2], [11, null], [111, 202]]);
  assert.deepEqual(stacked(columns, [true, false, true], false), [[1, 2], [10, null], [101, 202]]);
  assert.deepEqual(stacked([[1, 0], [3, 0]], [true, true], true), [[0.25, 0], [1, 0]]);
});

test("axes keep what the panel asks for, and show zero where it costs little", () => {
  assert.equal(valueRange(3, 10, {})[0], 0);
  assert.ok(valueRange(1000, 1001, {})[0] > 990);
  assert.deepEqual(valueRange(3, 10, { min: -1, max: 20 }), [-1, 20]);
  assert.equal(valueRange(1000, 1001, { zero: true })[0], 0);
  assert.ok(valueRange(0, 0.02, { softMax: 0.05 })[1] >= 0.05);
  const [low, high] = valueRange(null, null, {});
  assert.ok(low < high);
  const [flatLow, flatHigh] = valueRange(5, 5, {});
  assert.ok(flatLow < 5 && flatHigh > 5);
});

test("labels of time say seconds only when they matter, and the day at midnight", () => {
  const noon = new Date(2026, 2, 15, 12).getTime() / 1000;
  assert.deepEqual(timeTicks([noon, noon + 60], 60), ["12:00", "12:01"]);
  assert.deepEqual(timeTicks([noon, noon + 15], 15), ["12:00:00", "12:00:15"]);
  const midnight = new Date(2026, 2, 16).getTime() / 1000;
  assert.deepEqual(timeTicks([midnight - 3600, midnight, midnight + 3600], 3600), ["23:00", "03-16", "01:00"]);
});
