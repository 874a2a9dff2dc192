#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The help that the launcher prints while nothing is built is the help of the built program.
#   tests/launcher/help.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/../../labs/help"
export LC_ALL=C.UTF-8
status=0
for command in compare measure explore simulate new bench load serve fetch run report ps; do
  if ! diff -u "$command.txt" <("$program" "$command" --help); then
    echo "labs/help/$command.txt differs; to write it anew: labs/help/regenerate $program"
    status=1
  fi
done
# Every command that the tree promises is one that the program or the launcher has.
while read -r command; do
  if [[ ! -f $command.txt ]]; then
    echo "labs/help/weft.txt names $command, but there is no labs/help/$command.txt"
    status=1
  fi
done < <(sed -n 's/^[a-z]*  *weft \([a-z][a-z]*\).*/\1/p' weft.txt)
exit "$status"
