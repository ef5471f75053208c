#!/bin/sh
# Rebuilds this folder from the npm packages of the versions below. Run it from anywhere; needs npm and sed.
# The page has no build step and a Content-Security-Policy that forbids import maps, so the bare specifiers
# of the packages are rewritten to relative ones. Nothing else in the code changes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" \
    preact@11.2.0 htm@3.1.1 @preact/signals@2.11.4 @preact/signals-core@1.14.5 uplot@1.6.32
cd node_modules

relative() {  # bare specifiers to files of this folder; source maps are not shipped
    sed -e 's#from"preact/hooks"#from"./hooks.js"#g' \
        -e 's#from"preact"#from"./preact.js"#g' \
        -e 's#from"@preact/signals-core"#from"./signals-core.js"#g' \
        -e 's~//# sourceMappingURL=.*~~' "$1"
}
relative preact/dist/preact.mjs > "$here/preact.js"
relative preact/hooks/dist/hooks.mjs > "$here/hooks.js"
relative @preact/signals-core/dist/signals-core.mjs > "$here/signals-core.js"
relative @preact/signals/dist/signals.mjs > "$here/signals.js"
relative htm/dist/htm.mjs > "$here/htm.js"
# uPlot's own ES module is not minified (142 kB); its minified script becomes a module with one line.
{ cat uplot/dist/uPlot.iife.min.js; printf 'export default uPlot;\n'; } > "$here/uplot.js"
cp uplot/dist/uPlot.min.css "$here/uplot.css"

cp htm/dist/htm.d.ts "$here/htm.d.ts"
cp @preact/signals-core/dist/signals-core.d.ts "$here/signals-core.d.ts"
sed -e 's#"@preact/signals-core"#"./signals-core.js"#' -e '/^\/\*\*/,$d' @preact/signals/dist/signals.d.ts > "$here/signals.d.ts"
sed -e 's#^export = uPlot;#export default uPlot;#' uplot/dist/uPlot.d.ts > "$here/uplot.d.ts"

for package in preact htm uplot; do cp "$package/LICENSE" "$here/LICENSE.$package"; done
cp @preact/signals/LICENSE "$here/LICENSE.signals"
