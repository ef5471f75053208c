#!/bin/sh
# Check the page's JSDoc types with the TypeScript compiler. Without Node.js it says so and passes: CI has it.
set -eu
version=5.9.3
if ! command -v npm >/dev/null; then
  echo "no npm here: the page's types are not checked"
  exit 0
fi
folder=.cache/typescript-$version
if [ ! -x "$folder/node_modules/.bin/tsc" ]; then
  echo "fetching the TypeScript compiler $version …"
  mkdir -p "$folder"
  npm install --silent --no-fund --no-audit --prefix "$folder" "typescript@$version"
fi
exec "$folder/node_modules/.bin/tsc" --noEmit -p src/vedette/server/ui
