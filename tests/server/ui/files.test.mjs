import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const UI = resolve(dirname(fileURLToPath(import.meta.url)), "../../../src/vedette/server/ui");

/** @param {string} folder @returns {string[]} */
const files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]));
const modules = files(UI).filter((file) => file.endsWith(".js"));

/** @param {string} file @returns {string[]} */
const imports = (file) => [...readFileSync(file, "utf8").matchAll(/(?:^|;|\})\s*(?:import|export)[^;"'()]*?from\s*"([^"]+)"|^import\s*"([^"]+)"/gm)].map((match) => match[1] ?? match[2]);

test("every import is a relative path to a file that exists", () => {
  let seen = 0;
  for (const file of modules) {
    for (const target of imports(file)) {
      assert.match(target, /^\.\.?\//, `${file} imports ${target}`);
      assert.ok(existsSync(join(dirname(file), target)), `${file} imports ${target}`);
      seen += 1;
    }
  }
  assert.ok(seen > 100);
});

test("every module is reached from main.js or from index.html", () => {
  const index = readFileSync(join(UI, "index.html"), "utf8");
  const reached = new Set([...index.matchAll(/<script[^>]*src="\/ui\/([^"]+)"/g)].map((match) => join(UI, match[1])));
  for (const file of reached) for (const target of imports(file)) reached.add(join(dirname(file), target));
  assert.deepEqual(modules.filter((file) => !reached.has(file)), []);
});

test("index.html names only files of the page and holds no script of its own", () => {
  const index = readFileSync(join(UI, "index.html"), "utf8");
  const named = [...index.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]);
  assert.ok(named.length > 5);
  for (const address of named) assert.ok(address.startsWith("/ui/") && existsSync(join(UI, address.slice(4))), address);
  assert.doesNotMatch(index, /<script(?![^>]*\bsrc=)|\son\w+=|importmap/);
});

test("index.html asks for every module at once, so that none waits for the one that imports it", () => {
  const index = readFileSync(join(UI, "index.html"), "utf8");
  const asked = [...index.matchAll(/<(?:link rel="modulepreload" href|script[^>]*src)="\/ui\/([^"]+)"/g)].map((match) => join(UI, match[1]));
  assert.deepEqual(asked.sort(), modules.sort());
});

test("no two files differ only in case, and none lacks its heading comment", () => {
  const lower = modules.map((file) => file.toLowerCase());
  assert.equal(new Set(lower).size, lower.length);
  for (const file of modules.filter((one) => !one.includes("vendor"))) assert.match(readFileSync(file, "utf8"), /^\/(\*\*|\/)\s/, file);
});
