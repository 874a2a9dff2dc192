# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# What tests/browser takes from npm's registry, in the versions of its lock file: into a folder below
# .build, once for each lock file. Without it those tests are skipped.

install_modules() {
  local from=$root/tests/browser to=$root/.build/browser
  if [[ ${WEFT_INSTALL-} == no ]] || ! type npm &>/dev/null; then return; fi
  if [[ -d $to/node_modules ]] && cmp -s "$from/package-lock.json" "$to/package-lock.json"; then
    return
  fi
  make_build_folder "$root/.build"
  rm -rf "$to"
  mkdir -p "$to"
  cp "$from/package.json" "$to"
  say_step 'npm ci: what drives the browser, 4 MB to download'
  if (cd "$to" && cp "$from/package-lock.json" . &&
    npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier) >"$to/npm.log" 2>&1; then
    return
  fi
  rm -rf "$to/node_modules" "$to/package-lock.json"  # so that it is tried again
  say "      it failed, and the browser's tests are skipped: $to/npm.log"
}
