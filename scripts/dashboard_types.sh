#!/bin/sh
# Type the dashboards of a folder with the TypeScript compiler against the types that each Grafana publishes:
# sh scripts/dashboard_types.sh out/grafana/dashboards. Every finding is a line; none, and it ends with 0.
set -eu
typescript=5.9.3
versions="10.4.19 11.6.16 12.4.11 13.2.3"
kinds="gauge heatmap stat statetimeline table text timeseries"
boards=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
if ! command -v npm >/dev/null; then
  echo "no npm here: the dashboards' types are not checked" >&2
  exit 77
fi

fetch() { # a folder below .cache, and what npm shall put into it
  [ -e "$1/.fetched" ] && return
  mkdir -p "$1"
  npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$1" "$2"
  touch "$1/.fetched"
}

cache=$PWD/.cache
[ -x "$cache/typescript-$typescript/node_modules/.bin/tsc" ] || fetch "$cache/typescript-$typescript" "typescript@$typescript"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for version in $versions; do
  fetch "$cache/grafana-schema-$version" "@grafana/schema@$version"
  mkdir "$work/$version"
  ln -s "$cache/grafana-schema-$version/node_modules" "$work/$version/node_modules"
  cd "$work/$version"
  : > places
  for kind in $kinds; do # since 12, the types are in a folder of their own
    place=$(find -L node_modules/@grafana/schema/dist -path "*/raw/composable/$kind/panelcfg/x/*.d.ts" | head -n 1)
    echo "s|panel/$kind\"|./${place%.d.ts}\"|" >> places
  done
  # the types of a query are in this package up to 10.4; a query is the same since
  query=$(find "$cache/grafana-schema-10.4.19/node_modules/@grafana/schema/dist/esm/raw/composable/prometheus" -name '*.d.ts')
  echo "s|query/prometheus|${query%.d.ts}|" >> places
  sed -f places "$OLDPWD/scripts/dashboard_types.ts" > built.ts
  for board in "$boards"/*.json; do
    { printf 'import type { Built } from "./built";\nexport const built: Built = '; cat "$board"; } > "$(basename "$board" .json).ts"
  done
  cd "$OLDPWD"
done
cat > "$work/tsconfig.json" <<'CONFIG'
{
  "compilerOptions": {
    "strict": true, "noEmit": true, "skipLibCheck": true, "types": [],
    "target": "ES2022", "lib": ["ES2022"], "module": "ESNext", "moduleResolution": "Bundler"
  },
  "include": ["*/*.ts"]
}
CONFIG
cd "$work"
"$cache/typescript-$typescript/node_modules/.bin/tsc" --pretty false -p tsconfig.json
