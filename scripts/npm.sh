# What the scripts that type things share; sourced from the project's folder: packages of npm below .cache, and tsc.
cache=$PWD/.cache
typescript=$cache/typescript-5.9.3

fetch() { # a folder, and what npm shall put into it; it is there whole or not at all, for tests run side by side
  [ -d "$1/node_modules" ] && return
  mkdir -p "$cache"
  fetched=$(mktemp -d "$cache/npm.XXXXXX")
  npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$fetched" "$2"
  if [ -e "$1" ]; then rm -rf "$fetched"; else mv "$fetched" "$1"; fi
}

typed() { # check all that is below the current folder; every finding is a line
  cat > tsconfig.json <<'CONFIG'
{
  "compilerOptions": {
    "strict": true, "noEmit": true, "skipLibCheck": true, "types": [],
    "target": "ES2022", "lib": ["ES2022"], "module": "ESNext", "moduleResolution": "Bundler"
  },
  "include": ["**/*.ts"]
}
CONFIG
  "$typescript/node_modules/.bin/tsc" --pretty false -p tsconfig.json
}

if ! command -v npm >/dev/null; then
  echo "no npm here: the types are not checked" >&2
  exit 77
fi
[ -x "$typescript/node_modules/.bin/tsc" ] || fetch "$typescript" "typescript@${typescript##*-}"
