#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Each relative link and each source file that a page names must exist.
set -euo pipefail
cd "$(dirname "$0")/../.."

bad=0
for page in README*.md docs/*.md; do
  folder=$(dirname "$page")
  while read -r target; do
    [[ -e $folder/${target%%#*} ]] || { echo "$page: no $target"; bad=1; }
  done < <(grep -oE '\]\([^)#: ]+[^): ]*\)' "$page" | sed -E 's/^\]\(//; s/\)$//')
  # shellcheck disable=SC2016  # the backquotes are the page's
  while read -r file; do
    compgen -G "$file" >/dev/null || { echo "$page: no $file"; bad=1; }
  done < <(grep -oE '`(lwp|fibers|servers|labs|tests|docs)/[A-Za-z0-9_./*-]+`' "$page" | tr -d '`')
done
exit "$bad"
