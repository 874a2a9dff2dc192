#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# ./weft test: what it passes to ctest and what it says afterwards.
# shellcheck source=tests/launcher/harness.bash
source "$(dirname "$0")/harness.bash"

test_it_builds_all_and_runs_ctest() {
  make_furnished_machine
  weft test -R fibers
  expect_code 0
  expect_call '--preset test'
  expect_no_call '--target'
  expect_call '--output-on-failure'
  expect_call '-R fibers'
  expect_err '[3/3] test'
}

test_bare_it_leaves_out_what_takes_long() {
  make_furnished_machine
  weft test
  expect_call '-LE long|launcher|checks|browser'
}

test_all_is_all() {
  make_furnished_machine
  weft test --all
  expect_no_call '-LE'
}

# npm_of FAILS: an npm that notes its calls, and the lock file that it reads.
npm_of() {
  mkdir -p "$tree/tests/browser"
  cp "$source_root"/tests/browser/package*.json "$tree/tests/browser"
  fake npm <<FAKE
echo "npm \$*" >>"\$FAKE_STATE/calls"
mkdir -p node_modules
exit $1
FAKE
}

test_all_installs_what_drives_the_browser_once() {
  make_furnished_machine
  npm_of 0
  weft test
  expect_no_call npm
  weft test --all
  expect_code 0
  expect_call 'npm ci --ignore-scripts'
  [[ -d $tree/.build/browser/node_modules ]] || fail 'installed elsewhere'
  : >"$calls"
  weft test --all
  expect_no_call npm
  sed -i 's/"version": /"version":  /' "$tree/tests/browser/package-lock.json"
  weft test --all
  expect_call 'npm ci'
}

test_without_npms_registry_the_rest_is_tested() {
  make_furnished_machine
  npm_of 1
  weft test --all
  expect_code 0
  expect_err 'npm.log'
  expect_call 'ctest'
  [[ ! -e $tree/.build/browser/node_modules ]] || fail 'half of it was kept'
}

test_a_failed_test_is_a_no() {
  make_furnished_machine
  touch "$state/tests_fail"
  weft test
  expect_code 1
  expect_err 'LastTest.log'
}

test_skipped_tests_are_named_by_tool() {
  make_furnished_machine
  printf '%s\n' 'SKIPPED: needs curl' 'output' 'SKIPPED: needs wrk' 'SKIPPED: needs curl' \
    >"$state/ctest_log"
  weft test
  expect_code 0
  expect_err 'lacks: curl (2), wrk (1)'
  expect_err './weft test --all'
}

test_stress_reaches_the_tests() {
  make_furnished_machine
  fake ctest <<'FAKE'
echo "stress=$WEFT_STRESS $*" >>"$FAKE_STATE/calls"
FAKE
  weft test --stress
  expect_code 0
  expect_call 'stress=1'
  expect_no_call '--stress'
}

test_another_preset_for_ci() {
  make_furnished_machine
  WEFT_PRESET=tsan weft test
  expect_code 0
  expect_call '--preset tsan'
  expect_call '.build/tsan'
}

run_tests
