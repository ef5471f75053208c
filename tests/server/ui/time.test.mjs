import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, duration, durationText, instant, interval, openingFrom, range, rateInterval } from "../../../src/vedette/server/ui/grafana/time.js";

const NOW = Date.parse("2026-03-15T14:37:21Z");

test("durations are read as Prometheus writes them", () => {
  assert.equal(duration("15s"), 15_000);
  assert.equal(duration("1h30m"), 5_400_000);
  assert.equal(duration("500ms"), 500);
  for (const bad of ["", "5", "m5", "5x", "-5m", null, undefined]) assert.equal(duration(bad), null);
});

test("durations are written so that they read back the same", () => {
  for (const milliseconds of [250, 15_000, 90_000, 3_600_000, 5_400_000, 90_061_001]) assert.equal(duration(durationText(milliseconds)), milliseconds);
  assert.equal(durationText(60_000), "1m");
});

test("relative moments", () => {
  assert.equal(instant("now", NOW), NOW);
  assert.equal(instant("now-15m", NOW), NOW - 900_000);
  assert.equal(instant(" now - 1h + 5m ", NOW), NOW - 3_300_000);
  assert.equal(instant("now+1h", NOW), NOW + 3_600_000);
});

test("rounding goes to the start, and to the last millisecond for an end", () => {
  const start = /** @type {number} */ (instant("now/d", NOW));
  const end = /** @type {number} */ (instant("now/d", NOW, true));
  assert.equal(new Date(start).getHours(), 0);
  assert.equal(end - start, 86_400_000 - 1);
  assert.equal(instant("now-1d/d", NOW), start - 86_400_000);
  assert.equal(new Date(/** @type {number} */ (instant("now/w", NOW))).getDay(), 1);
});

test("epochs and dates", () => {
  assert.equal(instant("1700000000", NOW), 1_700_000_000_000);
  assert.equal(instant("1700000000123", NOW), 1_700_000_000_123);
  assert.equal(instant("2026-03-15T14:00:00Z", NOW), Date.parse("2026-03-15T14:00:00Z"));
  assert.equal(instant("2026-03-15 14:00", NOW), new Date(2026, 2, 15, 14).getTime());
  assert.equal(instant("2026-03-15", NOW), new Date(2026, 2, 15).getTime());
});

test("what cannot be read is nothing, never a wrong moment", () => {
  for (const bad of ["", "later", "now-", "now-5", "now-5x", "now/q", "15m", "yesterday"]) assert.equal(instant(bad, NOW), null, bad);
});

test("a range ends after it starts", () => {
  assert.deepEqual(range("now-15m", "now", NOW), { from: NOW - 900_000, to: NOW });
  assert.equal(range("now", "now-15m", NOW), null);
  assert.equal(range("now", "now", NOW), null);
  assert.equal(range("x", "now", NOW), null);
});

test("ranges have names", () => {
  const stamp = (/** @type {Date} */ date) => date.toISOString().slice(0, 19).replace("T", " ");
  assert.equal(describe("now-1h", "now", stamp), "Last 1 hour");
  assert.equal(describe("now-45m", "now", stamp), "Last 45 minutes");
  assert.equal(describe("now-2h", "now-1h", stamp), "now-2h to now-1h");
  assert.equal(describe("1700000000000", "1700000600000", stamp), "2023-11-14 22:13:20 to 22:23:20");
});

test("steps are round, few enough, and not under the scrape interval", () => {
  assert.equal(interval(3_600_000, 500, 1000), 10_000);
  assert.equal(interval(3_600_000, 500, 15_000), 15_000);
  assert.equal(interval(86_400_000, 1000, 1000), 120_000);
  for (const span of [60_000, 900_000, 7_200_000, 604_800_000]) assert.ok(span / interval(span, 700, 100) <= 700);
});

test("the rate interval spans four scrapes, or a step and a scrape", () => {
  assert.equal(rateInterval(15_000, 15_000), 60_000);
  assert.equal(rateInterval(300_000, 15_000), 315_000);
});

test("a young store opens with a range that its samples fill", () => {
  assert.equal(openingFrom("now-1h", "now", NOW - 120_000, NOW), "now-5m");
  assert.equal(openingFrom("now-1h", "now", NOW - 600_000, NOW), "now-15m");
  assert.equal(openingFrom("now-1h", "now", NOW - 7_200_000, NOW), "now-1h");
  assert.equal(openingFrom("now-1h", "now", 0, NOW), "now-1h", "unknown");
  assert.equal(openingFrom("now-1h", "now-30m", NOW, NOW), "now-1h");
  assert.equal(openingFrom("now-1h", "now", NOW - 3_599_000, NOW), "now-1h");
});
