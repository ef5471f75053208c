# What the scripts that type things share; sourced from the project's folder: packages of npm below .cache, and tsc.
cache=$PWD/.cache
typescript=$cache/typescript-5.9.3

fetch() { # a folder, and what npm shall put into it
  [ -e "$1/.fetched" ] && return
  mkdir -p "$1"
  npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$1" "$2"
  touch "$1/.fetched"
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
