#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# A program of a reader's own, as docs/fibers.md shows it: its CMake lines beside a copy of weft, its
# first C++ block as mine.cpp. It is configured whole, and mine.cpp is compiled; the libraries have
# been built once already, elsewhere.
#   own_program.sh CMAKE
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# block LANGUAGE: the first block of that language.
block() { awk -v first="\`\`\`$1" '$0 == first {on = 1; next} /^```/ && on {exit} on' "$root/docs/fibers.md"; }
block cmake >"$folder/CMakeLists.txt"
block cpp >"$folder/mine.cpp"
ln -s "$root" "$folder/weft"

"$1" -S "$folder" -B "$folder/build" -G Ninja >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
"$1" --build "$folder/build" --target CMakeFiles/mine.dir/mine.cpp.o
# What it is linked with is known, too.
for library in weft_fibers weft_lwp; do
  "$1" --build "$folder/build" --target "$library" -- -n >/dev/null
done
