#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# When the launcher builds, and when it does not: what makes a build current.
# shellcheck source=tests/launcher/harness.bash
source "$(dirname "$0")/harness.bash"

# A machine on which everything is installed and built.
make_built_machine() {
  make_furnished_machine
  weft serve
  forget_calls
}

test_the_first_run_builds_and_becomes_the_program() {
  make_furnished_machine
  weft compare --quick
  expect_code 7
  [[ $out == 'program: compare --quick' ]] || fail 'not the program, or other arguments'
  expect_err '[2/3] build (once)'
  expect_err '[3/3] measure (15 s)'
  [[ $err != *'[1/3]'* ]] || fail 'names a step in which nothing was to do'
  expect_call '--preset release'
  expect_call '--target weft'
}

test_when_nothing_changed_it_calls_nothing() {
  make_built_machine
  local tool
  for tool in dpkg-query dpkg apt-cache apt-config g++; do
    fake "$tool" <<<"echo $tool >>\"\$FAKE_STATE/calls\""
  done
  weft compare --json x.json
  expect_code 7
  expect_out 'program: compare --json x.json'
  expect_nothing_called
  expect_quiet
}

expect_rebuild() {
  weft serve
  expect_code 7
  expect_call 'cmake --build'
  forget_calls
  weft serve
  expect_nothing_called
}

test_an_edited_source_is_built() {
  make_built_machine
  echo 'int two;' >>"$tree/lwp/one.cpp"
  expect_rebuild
}

test_a_new_source_and_one_that_is_gone_are_noticed() {
  make_built_machine
  touch "$tree/servers/new.cpp"
  expect_rebuild
  rm "$tree/servers/new.cpp"
  expect_rebuild
}

test_an_old_file_put_in_place_is_noticed() {
  make_built_machine
  touch -d '2001-01-01' "$box/old.cpp"
  mv "$box/old.cpp" "$tree/lwp/one.cpp"
  expect_rebuild
}

test_other_files_are_not() {
  make_built_machine
  touch "$tree/README.md" "$tree/weft-report.html"
  mkdir -p "$tree/tests"
  touch "$tree/tests/new.cpp"
  weft serve
  expect_nothing_called
}

test_a_moved_checkout_is_built_anew() {
  make_built_machine
  touch "$tree/.build/release/left over"
  mv "$tree" "$box/elsewhere"
  tree=$box/elsewhere
  weft serve
  expect_code 7
  expect_err 'anew'
  expect_call 'cmake -S'
  [[ ! -e $tree/.build/release/left\ over ]] || fail 'the old build folder is still there'
  mv "$tree" "$box/tree"
  tree=$box/tree
}

test_another_compiler_means_anew() {
  make_built_machine
  fake g++ <<<'echo 13.1.0'
  touch "$tree/lwp/one.cpp"
  weft serve
  expect_code 7
  expect_err 'anew'
}

test_a_path_with_spaces() {
  make_furnished_machine
  mv "$tree" "$box/a tree"
  tree="$box/a tree"
  weft serve 'an argument'
  expect_code 7
  expect_out 'program: serve an argument'
  forget_calls
  weft serve
  expect_nothing_called
  mv "$tree" "$box/tree"
  tree=$box/tree
}

test_through_a_link_from_elsewhere() {
  make_built_machine
  ln -s "$tree/weft" "$fake/weft"
  code=0
  out=$(cd / && PATH=$fake:$tools "$fake/weft" serve </dev/null 2>"$box/err") || code=$?
  err=$(<"$box/err")
  expect_code 7
  expect_nothing_called
}

test_a_build_that_fails_says_where_and_what_next() {
  make_furnished_machine
  echo 'one.cpp:1: error: expected a semicolon' >"$state/build_breaks"
  weft compare
  expect_code 1
  expect_err 'expected a semicolon'
  expect_err 'build.log'
  rm "$state/build_breaks"
  weft compare
  expect_code 7
}

test_a_build_without_memory_is_the_machines_fault() {
  make_furnished_machine
  echo 'g++: fatal error: Killed signal terminated program cc1plus' >"$state/build_breaks"
  weft compare
  expect_code 3
  expect_err 'WEFT_JOBS=1'
}

test_jobs_follow_free_memory() {
  make_furnished_machine
  fake nproc <<<'echo 64'
  weft compare
  local expected
  expected=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1048576))
  local given
  given=$(sed -n 's/.*--build.* -j \([0-9]*\).*/\1/p' "$calls")
  ((given >= 1 && given <= 64 && given <= expected + 1)) || fail "$given jobs, $expected GiB free"
  WEFT_JOBS=3
  export WEFT_JOBS
  touch "$tree/lwp/one.cpp"
  weft compare
  unset WEFT_JOBS
  expect_call '-j 3'
}

run_tests
