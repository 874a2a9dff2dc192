# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# What the checks share: the list of files, and how a finding is said. A check prints
# FILE:LINE: WHAT for each finding and ends with 1 if there was one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# files PATTERN…: the project's files with these names (not built ones, not the student's own).
files() {
  local pattern names=()
  for pattern; do names+=(-o -name "$pattern"); done
  find . \( -path ./.build -o -path ./.git -o -path ./labs/mine \) -prune \
    -o -type f \( "${names[@]:1}" \) -print | sed 's|^\./||' | sort
}

cpp_files() {
  files '*.hpp' '*.cpp'
}

# Files whose first line says that bash runs them, and those that they source.
shell_files() {
  files '*.bash'
  find weft .ci .devcontainer tests -type f ! -name '*.bash' -exec \
    awk 'FNR == 1 && /^#!.*bash/ { print FILENAME } { nextfile }' {} +
}

# without_comments FILE: the same lines, with // comments blank.
without_comments() {
  sed 's|//.*||' "$1"
}

findings=0
finding() {
  echo "$*"
  findings=$((findings + 1))
}

# finish WHAT: says what was looked at and ends the check.
finish() {
  if ((findings > 0)); then
    echo "$(basename "$0"): $findings findings"
    exit 1
  fi
  echo "$(basename "$0"): $1"
}
