import assert from "node:assert/strict";
import { test } from "node:test";
import { paced, pacedFrames } from "../../../src/vedette/server/ui/grafana/pace.js";
import { table } from "../../../src/vedette/server/ui/grafana/table.js";
import { format } from "../../../src/vedette/server/ui/grafana/units.js";

/** @param {string} unit @param {number} value */
function told(unit, value) {
  const { config, factor } = paced({ unit }, [value]);
  return format(value * factor, config.unit);
}

test("what is rare is told by the minute or the hour", () => {
  assert.deepEqual([1, 0.5, 0.0037, -0.05, 0].map((value) => told("eps", value)), ["1 evt/s", "30 evt/min", "13.3 evt/h", "-3 evt/min", "0 evt/s"]);
  assert.equal(told("reqps", 0.99999999), "1 req/s");
  assert.equal(told("Bps", 0.5), "0.5 B/s");
});

test("the series of a chart are told alike, with their limits", () => {
  const steps = [{ color: "green", value: null }, { color: "red", value: 0.5 }];
  const frame = (/** @type {(number | null)[]} */ values) => ({ refId: "A", name: "", labels: {}, times: values.map((_, at) => at), values, color: "", config: { unit: "ops", min: 0, thresholds: { mode: /** @type {const} */ ("absolute"), steps } } });
  const [small, large] = pacedFrames([frame([0.005, null]), frame([0.5, 0.25])]);
  assert.deepEqual([small.values, large.values], [[0.3, null], [30, 15]]);
  assert.deepEqual([small.config.unit, small.config.min, small.config.thresholds?.steps.map(({ value }) => value)], ["count:ops/min", 0, [null, 30]]);
  const frequent = [frame([0.005]), frame([2])];
  assert.deepEqual(pacedFrames(frequent), frequent);
});

test("a column of a table is told alike, and counts as they are", () => {
  const panel = { id: 1, type: "table", gridPos: { x: 0, y: 0, w: 1, h: 1 }, fieldConfig: { defaults: { unit: "reqps" }, overrides: [] } };
  const series = ["0.5", "0.01"].map((text, at) => ({ metric: { route: String(at) }, value: /** @type {[number, string]} */ ([10, text]) }));
  const { columns, rows } = table(panel, [{ target: { refId: "A" }, window: null, series }]);
  const at = columns.findIndex(({ name }) => name === "Value");
  assert.deepEqual(rows.map((row) => format(Number(row[at]), columns[at].config.unit)), ["30 req/min", "0.6 req/min"]);
});
