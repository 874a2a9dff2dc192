#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Runs the example of docs/servers.md that uploads by curl: each status that a line's comment begins
# with is the one that comes.  uploads.sh WEFT
set -euo pipefail
program=$1
page=$(dirname "$0")/../../docs/servers.md
for tool in curl sed; do
  command -v "$tool" >/dev/null || { echo "SKIPPED: needs $tool"; exit 0; }
done

folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$folder"' EXIT
mkdir "$folder/root"
printf 'one\n' >"$folder/README.md"
printf 'two\n' >"$folder/LICENSE"
cd "$(dirname "$page")"
example=$(sed -n '/^\.\/weft serve --writable/,/^```/p' "$(basename "$page")" | sed '/^```/d')
[[ $example == *'curl -s -T'* ]] || { echo 'the page has no such example'; exit 1; }
cd "$folder"

# Any free port instead of the page's.
"$program" serve --writable --root "$folder/root" --port 0 >"$folder/said" &
server=$!
until grep -q listening "$folder/said"; do kill -0 "$server"; done
port=$(sed -n 's/^listening on .*://p' "$folder/said")

checked=0
while IFS= read -r line; do
  case $line in
    ./weft* | kill*) continue ;;
  esac
  line=${line//8080/$port}
  if [[ $line =~ '# '([0-9]{3}) ]]; then
    expected=${BASH_REMATCH[1]}
    status=$(eval "${line%%#*} -o /dev/null -w '%{http_code}'")
    [[ $status == "$expected" ]] || { echo "$line: the answer is $status"; exit 1; }
    checked=$((checked + 1))
  elif [[ $line == curl* ]]; then
    [[ $(eval "$line") == one ]] || { echo "$line: another file"; exit 1; }
  else
    eval "$line"
  fi
done <<<"$example"
[[ $checked == 4 ]] || { echo "$checked answers checked instead of 4"; exit 1; }
echo "$checked answers as the page says"
