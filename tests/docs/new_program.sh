#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What `weft new` writes: a program that builds against the installed library and runs; a policy that
# breaks a rule, is refused a second time over itself, and works once the list is there.
#   new_program.sh CMAKE BUILD_FOLDER
set -euo pipefail
cmake=$1 build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
weft() { (cd "$folder" && "$build/bin/weft" "$@"); }
fail() { echo "$1"; cat "$folder/log"; exit 1; }

weft new program hello >"$folder/log"
"$cmake" --install "$build" --prefix "$folder/installed" >>"$folder/log" 2>&1 || fail 'no installation'
"$cmake" -S "$folder/hello" -B "$folder/hello/build" -G Ninja \
  -DCMAKE_PREFIX_PATH="$folder/installed" >>"$folder/log" 2>&1 || fail 'it was not configured'
"$cmake" --build "$folder/hello/build" >>"$folder/log" 2>&1 || fail 'it was not built'
[[ $("$folder/hello/build/hello" | tail -n 1) == 'received 3' ]] || fail 'it does not say so'

weft new policy round-robin >>"$folder/log"
workload=$(cd "$(dirname "$0")/../.." && pwd)/labs/simulate/examples/convoy.txt
simulate() { weft simulate --lang en --policy ./round-robin.cpp --workload "$workload"; }
simulate >"$folder/out" 2>&1 && fail 'the template breaks no rule'
grep -q 'returned nothing, though' "$folder/out" || fail "$(cat "$folder/out")"
weft new policy round-robin 2>>"$folder/log" && fail 'it was written over'
sed -i -e 's/waits_ = &task;/waits_.push_back(task);/' -e 's/Task\* task = waits_;/return waits_.pop_front();/' \
  -e '/waits_ = nullptr;$/d' -e '/    return task;/d' -e 's/  Task\* waits_ = nullptr;.*/  TaskList waits_;/' \
  -e 's|#include "lwp/policy.hpp"|#include "lwp/policies/list.hpp"|' "$folder/round-robin.cpp"
simulate >"$folder/out" 2>&1 || fail "$(cat "$folder/out")"
grep -q 'mean .*17.00' "$folder/out" || fail "$(cat "$folder/out")"
weft new program ../x 2>>"$folder/log" && fail 'a name with a slash'
weft new lecture x 2>>"$folder/log" && fail 'a kind that there is not'
exit 0
