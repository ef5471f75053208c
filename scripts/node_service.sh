#!/bin/sh
# Make the Node.js service of the examples ready to run, and print its folder. Without npm it says so and fails.
set -eu
if ! command -v npm >/dev/null; then
  echo "no npm here: the Node.js service of the examples cannot be run" >&2
  exit 1
fi
source=examples/stacks/e_api
folder=.cache/e_api
if ! cmp -s "$source/package.json" "$folder/package.json"; then
  echo "fetching what the Node.js service needs …" >&2
  mkdir -p "$folder"
  cp "$source/package.json" "$folder/.package.json"
  npm install --silent --no-fund --no-audit --prefix "$folder" "$(sed -n 's/.*"prom-client": "\([^"]*\)".*/prom-client@\1/p' "$source/package.json")" >&2
  mv "$folder/.package.json" "$folder/package.json"
fi
cp "$source/server.js" "$folder/server.js"
echo "$folder"
