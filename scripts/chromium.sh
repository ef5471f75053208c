#!/bin/sh
# Find Chromium, or install it where that is allowed, and write its path to the file named in $1 (empty: none was found).
set -u
find_chromium() {
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" && return 0
  done
  return 1
}
path=$(find_chromium) || {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Chromium for the browser tests …"
    # Python must not wait for questions here
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
  fi
  path=$(find_chromium) || path=
}
[ -n "$path" ] || echo "no Chromium here and no right to install it: the browser tests will be skipped"
printf '%s\n' "$path" > "$1"
