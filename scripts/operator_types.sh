#!/bin/sh
# Type objects of Kubernetes and of the Prometheus Operator, one in each file KIND-….json of a folder, with the
# TypeScript compiler: sh scripts/operator_types.sh FOLDER. The types are made of the definitions themselves.
set -eu
objects=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
# shellcheck source=scripts/npm.sh
. scripts/npm.sh
fetch "$cache/kubernetes-models-6.0.0" "@kubernetes-models/prometheus-operator@6.0.0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$cache/kubernetes-models-6.0.0/node_modules" "$work/node_modules"
cd "$work"
for object in "$objects"/*.json; do
  name=$(basename "$object" .json)
  kind=${name%%-*}
  version=$(sed -n 's/^ "apiVersion": "\(.*\)",$/\1/p' "$object")
  case $version in
  monitoring.coreos.com/*) package=@kubernetes-models/prometheus-operator ;;
  *) package=kubernetes-models ;;
  esac
  { printf 'import type { I%s } from "%s/%s/%s";\nexport const it: I%s = ' "$kind" "$package" "$version" "$kind" "$kind"; cat "$object"; } > "$name.ts"
done
typed
