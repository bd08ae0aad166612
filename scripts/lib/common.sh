# shellcheck shell=bash
# Shared by the scripts; to be sourced. Sets ROOT and stops on the first error.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# One line per step, with how long it took.
step() {
  local name=$1 began=$SECONDS
  shift
  say "==> $name"
  "$@" || { local code=$?; say "==> $name failed"; return "$code"; }
  say "    $((SECONDS - began)) s"
}

# Debian's own Python, which has its packages; another one on PATH has not.
python() { /usr/bin/python3 "$@"; }

# Configures when needed and builds: build PRESET [TARGET...]. Two at a time in
# one directory would spoil it, so the second waits.
build() {
  local preset=$1 lock
  shift
  mkdir -p .build
  exec {lock}>".build/$preset.lock"
  flock "$lock"
  if [ ! -f ".build/$preset/build.ninja" ]; then
    cmake --preset "$preset" >/dev/null || return
  fi
  local targets=() code=0  # `set -e` is off in a step, so the result is kept.
  [ $# -eq 0 ] || targets=(--target "$@")
  NINJA_STATUS='    [%f/%t, %es] ' nice cmake --build --preset "$preset" \
    -j "$(nproc)" "${targets[@]}" | { grep -v -e '^ninja: no work to do' -e '^-- ' >&2 || true; } || code=$?
  exec {lock}>&-
  return "$code"
}

# Where the build put a program: program PRESET NAME
program() {
  local found
  # What was put into a package before is not what was built now.
  found=$(find ".build/$1" -path ".build/$1/package" -prune -o \
    -name "$2" -type f -perm -u+x -print -quit)
  [ -n "$found" ] || die "The build made no program '$2'."
  printf '%s/%s\n' "$ROOT" "$found"
}
