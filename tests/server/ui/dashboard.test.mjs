import assert from "node:assert/strict";
import { test } from "node:test";
import { findPanel, sections } from "../../../src/vedette/server/ui/grafana/layout.js";
import { blocks, inline, safeAddress } from "../../../src/vedette/server/ui/grafana/prose.js";
import { compare, table } from "../../../src/vedette/server/ui/grafana/table.js";

const panel = (/** @type {number} */ id, /** @type {number} */ x, /** @type {number} */ y, more = {}) => ({ id, type: "stat", gridPos: { x, y, w: 6, h: 4 }, ...more });

test("panels belong to the row above them, or to the collapsed row that holds them", () => {
  const laid = sections([
    panel(1, 0, 0),
    panel(9, 0, 4, { type: "row", title: "open", collapsed: false, panels: [] }),
    panel(3, 6, 5),
    panel(2, 0, 5),
    panel(8, 0, 9, { type: "row", title: "shut", collapsed: true, panels: [panel(4, 0, 10)] }),
  ]);
  assert.deepEqual(laid.map(({ row, panels }) => [row?.title, panels.map((one) => one.panel.id)]), [[undefined, [1]], ["open", [2, 3]], ["shut", [4]]]);
  assert.deepEqual(laid[1].panels.map(({ column, row }) => [column, row]), [[1, 1], [7, 1]]);
});

test("a panel too wide for the grid is cut to it", () => {
  const [{ panels }] = sections([{ ...panel(1, 20, 0), gridPos: { x: 20, y: 0, w: 12, h: 3 } }]);
  assert.equal(panels[0].width, 4);
});

test("a panel is found by its id, in collapsed rows too", () => {
  const panels = [panel(1, 0, 0), panel(8, 0, 9, { type: "row", collapsed: true, panels: [panel(4, 0, 10)] })];
  assert.equal(findPanel(panels, 4)?.id, 4);
  assert.equal(findPanel(panels, 8), undefined);
});

const query = (/** @type {string} */ refId, /** @type {[Record<string, string>, string][]} */ ...rows) => ({
  target: { refId, expr: refId },
  window: null,
  series: rows.map(([metric, value]) => ({ metric, value: /** @type {[number, string]} */ ([100, value]) })),
});

test("queries are joined by their labels, then renamed and cut", () => {
  const data = table(
    {
      ...panel(1, 0, 0),
      transformations: [
        { id: "merge", options: {} },
        { id: "organize", options: { excludeByName: { Time: true }, renameByName: { "Value #A": "Rate", "Value #B": "Errors" }, indexByName: { "Value #A": 0 } } },
        { id: "sortBy", options: { sort: [{ field: "Rate", desc: true }] } },
      ],
      fieldConfig: { defaults: {}, overrides: [{ matcher: { id: "byName", options: "Rate" }, properties: [{ id: "unit", value: "reqps" }] }] },
    },
    [query("A", [{ route: "/a" }, "1"], [{ route: "/b" }, "2"]), query("B", [{ route: "/b" }, "0.5"])],
  );
  assert.deepEqual(data.columns.map(({ name, kind, config }) => [name, kind, config.unit]), [["Rate", "number", "reqps"], ["route", "string", undefined], ["Errors", "number", undefined]]);
  assert.deepEqual(data.rows, [[2, "/b", 0.5], [1, "/a", null]]);
});

test("one query keeps its labels, time in milliseconds, and a column called Value", () => {
  const data = table(panel(1, 0, 0), [query("A", [{ __name__: "up", job: "a" }, "1"])]);
  assert.deepEqual(data.columns.map(({ name }) => name), ["Time", "__name__", "job", "Value"]);
  assert.deepEqual(data.rows, [[100_000, "up", "a", 1]]);
});

test("cells are ordered by size, and nothing comes last", () => {
  assert.deepEqual([3, null, 1, NaN, 2].sort(compare), [1, 2, 3, null, NaN]);
  assert.deepEqual(["b10", "b9", "a"].sort(compare), ["a", "b9", "b10"]);
});

test("Markdown becomes a tree", () => {
  assert.deepEqual(inline("a **b** `c`"), ["a ", { tag: "strong", children: ["b"] }, " ", { tag: "code", children: ["c"] }]);
  const found = blocks("# One\n\ntext\nmore\n\n- a\n- b\n  - c\n\n1. x\n\n```\nkeep  this\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |");
  assert.deepEqual(found.map(({ tag }) => tag), ["h1", "p", "ul", "ol", "pre", "table"]);
  assert.equal(/** @type {any} */ (found[2]).items.length, 2);
  assert.equal(/** @type {any} */ (found[4]).text, "keep  this");
});

test("names with underscores are not emphasis", () => {
  assert.deepEqual(inline("db_client_connections_max"), ["db_client_connections_max"]);
});

test("addresses that run code are not links, HTML stays text", () => {
  assert.equal(safeAddress("javascript:alert(1)"), null);
  assert.equal(safeAddress(" java\nscript:alert(1)"), null);
  assert.equal(safeAddress("data:text/html,x"), null);
  assert.equal(safeAddress("/d/shop?x=a:b"), "/d/shop?x=a:b");
  assert.equal(safeAddress("https://example.com"), "https://example.com");
  assert.deepEqual(inline("[x](javascript:alert(1))")[0], "x");
  assert.deepEqual(inline("<b>x</b>"), ["<b>x</b>"]);
});
