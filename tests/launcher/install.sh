#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What the launcher installs, when it asks, and when it refuses.
# shellcheck source=tests/launcher/harness.bash
source "$(dirname "$0")/harness.bash"

test_root_without_a_terminal_is_not_asked() {
  make_machine
  weft compare
  expect_code 7  # the program's own
  expect_out 'program: compare'
  expect_err '[1/3] install: 7 packages, 61.2 MB to download, 245 MB on disk'
  expect_err 'apt-get install -y --no-install-recommends'
  expect_call 'g++ cmake ninja-build libboost-context-dev libboost-fiber-dev libcli11-dev'
  [[ $err != *'[Y/n]'* ]] || fail 'asked without a terminal'
  expect_no_call sudo
  expect_no_call 'apt-get update'
}

test_compare_needs_no_test_packages() {
  make_machine
  weft compare
  expect_no_call catch2
  expect_no_call wrk
  weft test
  expect_call catch2
  expect_no_call wrk
  expect_no_call chromium
  weft test --all
  expect_call wrk
  expect_call 'chromium nodejs npm'
}

test_fuzzing_needs_a_compiler_of_its_own() {
  make_machine
  weft test --all
  expect_no_call clang
  weft install fuzz
  expect_code 0
  expect_call 'clang libclang-rt-dev'
}

test_a_system_without_chromium_is_tested_without() {
  make_machine
  sed -i '/^chromium/d' "$state/offered"
  weft test --all
  expect_code 0
  expect_call wrk
  expect_no_call nodejs
  expect_err 'this system does not offer chromium'
}

test_what_another_package_provides_is_not_installed() {
  make_furnished_machine
  sed -i -e '/^npm/d' -e 's/^nodejs.*/nodejs 20.20.2-1nodesource1 nodejs-dev, npm/' "$state/installed"
  weft test --all
  expect_code 0
  expect_no_call apt-get
}

test_servers_of_others_are_installed_only_when_asked_for() {
  make_machine
  weft test --all
  weft bench servers
  expect_no_call nginx
  weft install bench
  expect_call 'nginx lighttpd apache2-bin'
}

test_handing_in_needs_an_archiver() {
  make_machine
  weft lab check
  expect_no_call libarchive-tools
  weft lab pack
  expect_call libarchive-tools
}

test_a_user_on_a_terminal_is_asked_before_sudo() {
  needs_script
  make_machine
  echo 1000 >"$state/uid"
  on_terminal n compare
  expect_code 3
  expect_out '[Y/n]'
  expect_out 'sudo env DEBIAN_FRONTEND='
  expect_out '245 MB on disk'
  expect_nothing_called
  on_terminal y compare
  expect_code 7
  expect_call sudo
  expect_call 'apt-get install -y'
}

test_an_empty_answer_means_yes() {
  needs_script
  make_machine
  echo 1000 >"$state/uid"
  on_terminal '' compare
  expect_code 7
  expect_call 'apt-get install -y'
}

test_old_lists_are_updated_only_after_a_question() {
  needs_script
  make_machine
  echo 1000 >"$state/uid"
  rm "$state"/lists/x_Packages
  on_terminal n compare
  expect_code 3
  expect_out 'sudo apt-get update'
  expect_nothing_called
}

test_a_user_without_a_terminal_is_refused_unless_sudo_is_free() {
  make_machine
  echo 1000 >"$state/uid"
  weft compare
  expect_code 3
  expect_err 'cmake >= 3.25'
  expect_err 'docker run'
  expect_nothing_called
  touch "$state/sudo_is_free"
  weft compare
  expect_code 7
  expect_call sudo
}

test_no_sudo_and_not_root() {
  make_machine
  echo 1000 >"$state/uid"
  rm "$fake/sudo"
  weft compare
  expect_code 3
  expect_err 'there is no sudo'
}

test_without_apt_it_names_packages_and_container() {
  make_machine
  rm "$fake"/{apt-get,apt-cache,apt-config,dpkg,dpkg-query}
  weft compare
  expect_code 3
  expect_err 'no apt'
  expect_err 'libboost-fiber-dev >= 1.74'
  expect_err 'docker run'
  expect_nothing_called
}

test_without_apt_one_may_bring_the_libraries() {
  make_machine
  rm "$fake"/{apt-get,apt-cache,apt-config,dpkg,dpkg-query}
  WEFT_INSTALL=no weft compare
  expect_code 7
}

test_too_old_a_system_is_refused_by_package() {
  make_machine
  sed -i 's/^cmake .*/cmake 3.22.1/' "$state/offered"
  weft compare
  expect_code 3
  expect_err 'do not offer: cmake >= 3.25'
  expect_err 'docker run'
  expect_call 'apt-get update'  # it made sure first
  expect_no_call 'apt-get install'
}

test_absent_lists_are_updated_first() {
  make_machine
  rm "$state"/lists/x_Packages
  cp "$state/offered" "$state/after_update"
  : >"$state/offered"
  weft compare
  expect_code 7
  [[ $(head -n 1 "$calls") == 'apt-get update' ]] || fail 'update is not the first call'
}

test_old_lists_are_updated() {
  make_machine
  touch -d '8 days ago' "$state"/lists/partial "$state"/lists
  weft compare
  expect_code 7
  expect_call 'apt-get update'
}

test_it_waits_for_another_apt() {
  make_machine
  printf 'once\nand again\n' >"$state/locked"
  weft compare
  expect_code 7
  expect_err 'another apt is running'
  [[ $(grep -c '^sleep' "$calls") == 2 ]] || fail 'did not wait twice'
}

test_a_newer_gcc_beside_an_old_default() {
  make_machine
  sed -i 's/^g++ .*/g++ 4:11.2.0/' "$state/offered"
  printf '%s\n' 'g++-11 11.4.0-1' 'g++-12 12.3.0-1' 'g++-13-multilib 13.1' >>"$state/offered"
  fake g++ <<<'echo 11.4.0'
  fake g++-12 <<<'echo 12.3.0'
  weft compare
  expect_code 7
  expect_call 'g++-12 cmake'
  expect_call "-DCMAKE_CXX_COMPILER=$fake/g++-12"
}

test_a_versioned_boost_is_as_good() {
  make_furnished_machine
  sed -i '/boost/d' "$state/installed"
  printf '%s\n' 'libboost-context1.83-dev 1.83.0-2' 'libboost-fiber1.83-dev 1.83.0-2' \
    >>"$state/installed"
  weft compare
  expect_code 7
  expect_no_call apt-get
}

test_boost_fits_the_headers_that_are_here() {
  make_furnished_machine
  sed -i '/boost/d' "$state/installed"
  echo 'libboost1.81-dev 1.81.0-5' >>"$state/installed"
  printf '%s\n' 'libboost-context1.81-dev 1.81.0-5' 'libboost-fiber1.81-dev 1.81.0-5' \
    >>"$state/offered"
  weft compare
  expect_code 7
  expect_call 'libboost-context1.81-dev libboost-fiber1.81-dev'
  expect_no_call 'libboost-context-dev'
}

run_tests
