import assert from "node:assert/strict";
import { test } from "node:test";
import { axis, format, fromNow, longDuration, number, parts, roughDuration } from "../../../src/vedette/server/ui/grafana/units.js";

/** @param {[number | null, string | undefined, string][]} rows */
const table = (rows) => {
  for (const [value, unit, expected] of rows) assert.equal(format(value, unit), expected, `${value} in ${unit}`);
};

test("a number keeps about three digits and no trailing zeros", () => {
  for (const [value, expected] of [[0, "0"], [-0, "0"], [1, "1"], [1.5, "1.5"], [12.345, "12.3"], [123.4, "123"], [0.05, "0.05"], [0.00123, "0.00123"], [1e-9, "1e-9"], [4.2e17, "4.2e+17"]])
    assert.equal(number(value), expected);
});

test("given decimals are kept, and negative zero is zero", () => {
  assert.equal(number(1.005, 2), "1.00");
  assert.equal(number(-0.001, 2), "0.00");
  assert.equal(number(1200, 0), "1200");
});

test("plain, short and currency units shorten as Grafana does", () => {
  table([
    [1234, "none", "1234"],
    [1234, "short", "1.23 K"],
    [1_500_000, "short", "1.5 Mil"],
    [2e9, "short", "2 Bil"],
    [999, "short", "999"],
    [12.5, "currencyUSD", "$12.5"],
    [-1500, "currencyEUR", "-€1.5 K"],
    [7, "currency:Kč ", "Kč 7"],
  ]);
});

test("durations choose the part that reads best, in whatever unit they come", () => {
  table([
    [0.0000005, "s", "500 ns"],
    [0.00042, "s", "420 µs"],
    [0.25, "s", "250 ms"],
    [1, "s", "1 s"],
    [90, "s", "1.5 min"],
    [7200, "s", "2 h"],
    [172800, "s", "2 d"],
    [250, "ms", "250 ms"],
    [1500, "ms", "1.5 s"],
    [1500, "µs", "1.5 ms"],
    [90, "m", "1.5 h"],
    [0, "s", "0 s"],
    [-0.25, "s", "-250 ms"],
  ]);
});

test("a value a rounding error under a limit has the larger unit", () => {
  assert.equal(format(0.9999999999, "s"), "1 s");
  assert.equal(format(1023.99999999, "bytes"), "1 KiB");
});

test("bytes are binary, decbytes decimal, and multiples start higher", () => {
  table([
    [512, "bytes", "512 B"],
    [1024, "bytes", "1 KiB"],
    [1.5 * 1024 ** 3, "bytes", "1.5 GiB"],
    [1500, "decbytes", "1.5 kB"],
    [2, "mbytes", "2 MiB"],
    [2_000_000, "Bps", "2 MB/s"],
    [2048, "binBps", "2 KiB/s"],
    [3_000_000, "bps", "3 Mb/s"],
  ]);
});

test("days are told as days up to a year", () => {
  table([
    [30 * 86_400, "s", "30 d"],
    [364 * 86_400, "s", "364 d"],
    [730 * 86_400, "s", "2 y"],
  ]);
});

test("shares and rates", () => {
  table([
    [0.0861, "percentunit", "8.61%"],
    [1, "percentunit", "100%"],
    [0.9995, "percentunit", "99.95%"],
    [0.999968, "percentunit", "99.9968%"],
    [0.99999999, "percentunit", "100%"],
    [1.0004, "percentunit", "100%"],
    [42.5, "percent", "42.5%"],
    [73.24, "reqps", "73.2 req/s"],
    [1200, "reqps", "1.2 K req/s"],
    [5, "ops", "5 ops/s"],
    [2500, "hertz", "2.5 kHz"],
  ]);
});

test("rates by the minute", () => {
  table([[12, "epm", "12 evt/min"], [0.5, "opm", "0.5 ops/min"]]);
});

test("booleans, clocks and unknown units", () => {
  table([
    [1, "bool_yes_no", "Yes"],
    [0, "bool_on_off", "Off"],
    [3661, "dthms", "01:01:01"],
    [93784, "dtdurations", "1 d 2 h"],
    [5, "suffix:apples", "5 apples"],
    [5, "prefix:#", "#5"],
    [5, "widgets", "5 widgets"],
    [1500, "si:g", "1.5 kg"],
  ]);
});

test("nothing, not a number and infinity have words", () => {
  table([[null, "s", "–"], [NaN, "s", "NaN"], [Infinity, "s", "∞"], [-Infinity, "bytes", "−∞"]]);
});

test("dates take milliseconds", () => {
  assert.match(format(1_700_000_000_000, "dateTimeAsIso"), /^2023-11-1[45] \d\d:\d\d:\d\d$/);
  assert.match(format(Date.now() - 3 * 3_600_000, "dateTimeFromNow"), /^3 h ago$/);
});

test("the parts of a value put together are its text", () => {
  assert.deepEqual(parts(0.25, "s"), { prefix: "", text: "250", suffix: "ms" });
  assert.deepEqual(parts(-3, "currencyUSD"), { prefix: "-$", text: "3", suffix: "" });
});

test("labels of an axis differ from each other", () => {
  assert.deepEqual(axis([0, 0.5, 1], "s"), ["0 s", "500 ms", "1 s"]);
  const close = axis([1000.1, 1000.2, 1000.3], "none");
  assert.equal(new Set(close).size, 3);
});

test("ages in words", () => {
  assert.equal(fromNow(0.2), "now");
  assert.equal(fromNow(-41), "41 s ago");
  assert.equal(fromNow(-341), "5 min ago");
  assert.equal(fromNow(7500), "in 2 h 5 min");
  assert.equal(roughDuration(59.6), "60 s");
  assert.equal(longDuration(90061), "1 d 1 h");
  assert.equal(longDuration(0.25), "250 ms");
});
