#!/bin/sh
# Type the dashboards of a folder with the TypeScript compiler against the types that each Grafana publishes:
# sh scripts/dashboard_types.sh out/grafana/dashboards. Every finding is a line; none, and it ends with 0.
set -eu
versions="10.4.19 11.6.16 12.4.11 13.2.3"
kinds="gauge heatmap stat statetimeline table text timeseries"
boards=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
# shellcheck source=scripts/npm.sh
. scripts/npm.sh
types=$PWD/scripts/dashboard_types.ts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for version in $versions; do
  fetch "$cache/grafana-schema-$version" "@grafana/schema@$version"
  mkdir "$work/$version"
  ln -s "$cache/grafana-schema-$version/node_modules" "$work/$version/node_modules"
  cd "$work/$version"
  for kind in $kinds; do # since 12, the types are in a folder of their own
    place=$(find -L node_modules/@grafana/schema/dist -path "*/raw/composable/$kind/panelcfg/x/*.d.ts" | head -n 1)
    echo "s|panel/$kind\"|./${place%.d.ts}\"|"
  done > places
  # the types of a query are in this package up to 10.4; a query is the same since
  query=$(find "$cache/grafana-schema-10.4.19/node_modules/@grafana/schema/dist/esm/raw/composable/prometheus" -name '*.d.ts')
  echo "s|query/prometheus|${query%.d.ts}|" >> places
  sed -f places "$types" > built.ts
  for board in "$boards"/*.json; do
    { printf 'import type { Built } from "./built";\nexport const built: Built = '; cat "$board"; } > "$(basename "$board" .json).ts"
  done
done
cd "$work"
typed
