import assert from "node:assert/strict";
import { test } from "node:test";
import { increments } from "../../../src/vedette/server/ui/charts/steps.js";
import { axis } from "../../../src/vedette/server/ui/grafana/units.js";

test("an axis of yes and no has these two", () => {
  assert.equal(increments("bool_yes_no")[0], 1);
  assert.deepEqual(axis([0, 1], "bool_yes_no"), ["No", "Yes"]);
});

test("steps of a duration are whole in the unit that they are told in", () => {
  const steps = increments("s").filter((step) => step >= 1);
  for (const step of steps) {
    const [text] = axis([step], "s");
    assert.match(text, /^\d+ (s|min|h|d|y)$/, `${step} s is ${text}`);
  }
});

test("steps rise", () => {
  for (const unit of ["s", "bytes", "bool"]) {
    const steps = increments(unit);
    assert.deepEqual([...steps].sort((one, other) => one - other), steps);
  }
});
