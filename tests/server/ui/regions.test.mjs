import assert from "node:assert/strict";
import { test } from "node:test";
import { joined } from "../../../src/vedette/server/ui/charts/regions.js";

test("where several alerts fire at once the chart is tinted once", () => {
  const alert = (from, to, color = "red") => ({ from, to, color });
  assert.deepEqual(joined([alert(5, 9), alert(1, 6), alert(2, 3)]), [alert(1, 9)]);
  assert.deepEqual(joined([alert(1, 2), alert(3, 4)]), [alert(1, 2), alert(3, 4)]);
});

test("each colour has its own tint", () => {
  const found = joined([
    { from: 1, to: 5, color: "red" },
    { from: 2, to: 3, color: "blue" },
    { from: 4, to: 8, color: "red" },
  ]);
  assert.deepEqual(found, [
    { from: 1, to: 8, color: "red" },
    { from: 2, to: 3, color: "blue" },
  ]);
});
