import assert from "node:assert/strict";
import { test } from "node:test";
import { clockKnown, present, setClock } from "../../../src/vedette/server/ui/app/present.js";

test("the page's clock is the server's, whatever this machine's says, and what the way took does not move it", async () => {
  const ahead = () => Math.round((present() - Date.now()) / 100) * 100;
  const now = Date.now();
  setClock(now - 3 * 86_400_000 + 10, now, now + 20);
  await clockKnown;
  assert.equal(ahead(), -3 * 86_400_000);
  setClock(now - 3 * 86_400_000 + 500, now, now + 1000);
  assert.equal(ahead(), -3 * 86_400_000, "half a second on the way to and back is no difference");
  setClock(now - 3 * 86_400_000 + 700, now, now + 1000);
  assert.equal(ahead(), -3 * 86_400_000, "nor is what the way may have made");
  setClock(now + 10, now, now + 20);
  assert.equal(ahead(), 0);
});
