#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What needs nothing built: help, version, doctor, and saying no to a wrong command.
# shellcheck source=tests/launcher/harness.bash
source "$(dirname "$0")/harness.bash"

test_bare_and_help_print_the_tree() {
  make_machine
  weft
  expect_code 0
  expect_out 'weft compare'
  local bare=$out
  weft --help
  [[ $out == "$bare" ]] || fail '--help differs from bare ./weft'
  expect_nothing_called
}

test_every_line_fits_80_columns() {
  make_machine
  weft
  local line
  while IFS= read -r line; do
    ((${#line} <= 80)) || fail "wider than 80 columns: $line"
  done <<<"$out"
}

test_version_is_the_projects() {
  make_machine
  sed -i 's/^project(weft VERSION [0-9.]*/project(weft VERSION 4.5.6/' "$tree/CMakeLists.txt"
  weft --version
  expect_code 0
  [[ $out == 'weft 4.5.6' ]] || fail 'not the version of CMakeLists.txt'
  expect_nothing_called
}

test_help_of_a_command_needs_no_build() {
  make_machine
  echo 'the help of compare' >"$tree/labs/help/compare.txt"
  weft compare --lwps 1,2 --help
  expect_code 0
  expect_out 'the help of compare'
  expect_nothing_called
}

test_a_misspelt_command_gets_a_suggestion() {
  make_machine
  local word
  for word in comprae compar copmare comparee comp; do
    weft "$word"
    expect_code 2
    expect_err 'did you mean: ./weft compare'
  done
  weft docter
  expect_err 'did you mean: ./weft doctor'
  expect_nothing_called
}

test_a_strange_command_gets_none() {
  make_machine
  weft xyzzyplugh
  expect_code 2
  [[ $err != *'did you mean'* ]] || fail 'suggests something for a word unlike any command'
  expect_err './weft --help'
  weft --lwps 4
  expect_code 2
  expect_nothing_called
}

test_options_may_stand_before_the_command() {
  make_furnished_machine
  weft --lang zh comprae
  expect_code 2
  expect_err 'did you mean: ./weft compare'
  weft --color never doctor
  expect_code 0
  weft --lang=zh compare --quick
  expect_code 7
  expect_out 'program: --lang=zh compare --quick'
}

test_help_names_a_command() {
  make_machine
  echo 'the help of compare' >"$tree/labs/help/compare.txt"
  weft help compare
  expect_code 0
  expect_out 'the help of compare'
  weft help comprae
  expect_code 2
  weft help
  expect_out 'weft compare'
  expect_nothing_called
}

test_a_misspelt_option_costs_no_build() {
  make_furnished_machine
  printf '  --quick    at most 15 s\n  --json FILE  rows\n' >"$tree/labs/help/compare.txt"
  weft compare --qick
  expect_code 2
  expect_err 'did you mean: --quick'
  weft compare --xyzzyplugh=3
  expect_code 2
  [[ $err != *'did you mean'* ]] || fail 'suggests something for a word unlike any option'
  expect_nothing_called
  weft compare --json=x.json --lang zh --quick
  expect_code 7
}

test_a_language_is_known_or_refused() {
  make_furnished_machine
  weft --lang de
  expect_code 2
  expect_err '--lang zh'
  weft compare --lang=de
  expect_code 2
  weft doctor --lang zh
  expect_code 0
}

test_elsewhere_than_linux_there_is_the_container() {
  make_machine
  sed -i '2i OSTYPE=darwin23' "$tree/weft"
  weft compare
  expect_code 3
  expect_err 'docker run'
  weft --help
  expect_code 0
  expect_out 'weft compare'
}

test_doctor_names_what_is_missing() {
  make_machine
  weft doctor
  expect_code 3
  expect_out 'cmake >= 3.25'
  expect_out './weft compare installs them'
  expect_nothing_called
}

test_doctor_is_content_when_all_is_there() {
  make_furnished_machine
  weft doctor
  expect_code 0
  [[ $out != *LACK* ]] || fail 'something is lacking'
}

test_doctor_reports_hidden_features() {
  make_furnished_machine
  WEFT_WITHOUT=openat2,opnat weft doctor
  expect_code 0
  expect_out 'hidden by WEFT_WITHOUT'
  expect_out '"opnat" is no feature'
}

# The names stand in lwp/os.hpp; doctor must know the same.
test_doctor_knows_every_feature() {
  make_furnished_machine
  local features feature
  features=$(tr -d ' \n' <"$source_root/lwp/os.hpp" |
    sed 's/.*enumclassFeature{\([^}]*\)}.*/\1/')
  for feature in ${features//,/ }; do
    WEFT_WITHOUT=$feature weft doctor
    expect_out "hidden by WEFT_WITHOUT"
    [[ $out != *'is no feature'* ]] || fail "doctor does not know $feature"
    grep -q "$feature" "$tree/labs/help/doctor.txt" || fail "doctor.txt does not name $feature"
  done
}

run_tests
