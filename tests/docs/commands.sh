#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Each `./weft COMMAND --flag` that a page shows must exist: the command in the launcher's tree, the
# flag in the command's recorded help (labs/help/COMMAND.txt).
set -euo pipefail
cd "$(dirname "$0")/../.."

bad=0
complain() {
  echo "$1"
  bad=1
}

while IFS=: read -r page line; do
  read -r -a words <<<"$line"
  command=${words[1]:-}
  [[ $command =~ ^[a-z] ]] || continue
  [[ $command != install ]] || continue  # the launcher's own: tests/launcher/install.sh
  help=labs/help/$command.txt
  if [[ ! -f $help ]]; then
    complain "$page: $line: there is no labs/help/$command.txt"
    continue
  fi
  for word in "${words[@]:2}"; do
    [[ $word != -- ]] || break  # what follows is another program's
    [[ $word =~ ^--[a-z] ]] || continue
    grep -q -- "${word%%=*}\b" "$help" || complain "$page: $line: $command has no ${word%%=*}"
  done
done < <(grep -oE '\./weft [a-z][^`|#<>]*' README*.md docs/*.md)

exit "$bad"
