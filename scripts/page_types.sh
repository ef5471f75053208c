#!/bin/sh
# Check the page's JSDoc types with the TypeScript compiler. Without Node.js it says so and passes: CI has it.
set -eu
if ! command -v npm >/dev/null; then
  echo "no npm here: the page's types are not checked"
  exit 0
fi
if [ ! -x .cache/tsc/node_modules/.bin/tsc ]; then
  mkdir -p .cache/tsc
  npm install --silent --no-fund --no-audit --prefix .cache/tsc typescript@5
fi
exec .cache/tsc/node_modules/.bin/tsc --noEmit -p src/vedette/server/ui
