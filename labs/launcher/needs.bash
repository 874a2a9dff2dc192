# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# Which apt packages weft needs, for what, and which of them are here. It decides by package and
# version, never by the name of the distribution.
#
# A need is "NAME MINIMUM". A versioned sister serves as well: g++-13 for g++,
# libboost-fiber1.81-dev for libboost-fiber-dev.

# shellcheck disable=SC2034  # used by name, in needs_for
needs_build=('g++ 12' 'cmake 3.25' 'ninja-build 0' 'libboost-context-dev 1.74'
  'libboost-fiber-dev 1.74' 'libcli11-dev 2.1' 'nlohmann-json3-dev 3')
# shellcheck disable=SC2034
needs_test=('catch2 2.13')
# What packs a lab to hand in, and unpacks what was handed in.
# shellcheck disable=SC2034
needs_archive=('libarchive-tools 0')
# Programs of others that some tests run (./weft test --all).
# shellcheck disable=SC2034
needs_foreign=('curl 0' 'wrk 0' 'netcat-openbsd 0' 'shellcheck 0' 'gdb 0' 'libarchive-tools 0'
  'protobuf-compiler 0' 'litmus 0' 'slowhttptest 0')
# What the tests of tests/browser use (./weft test --all), where the system offers it all: not every
# one has Chromium as a package.
# shellcheck disable=SC2034
needs_browser=('chromium 0' 'nodejs 18' 'npm 0')
# Servers of others that `weft bench servers` measures beside ours; without them it leaves them out.
# Never installed unasked (./weft install bench): some of them begin to serve when they are.
# shellcheck disable=SC2034
needs_bench=('nginx 0' 'lighttpd 0' 'apache2-bin 0')
# What .ci/run checks with. Another major version of clang-format formats differently.
# shellcheck disable=SC2034
needs_ci=('clang-format-14 0')
# What tests/fuzz/run builds with: a compiler that has libFuzzer.
# shellcheck disable=SC2034
needs_fuzz=('clang 14' 'libclang-rt-dev 14')

# needs_for PURPOSE…: the needs of build, test, archive, foreign, browser, bench, ci, fuzz, a line
# each.
needs_for() {
  local purpose
  for purpose; do
    local -n needs_of_purpose=needs_$purpose
    printf '%s\n' "${needs_of_purpose[@]}"
  done
}

# The pattern of the names of a need's versioned sisters.
sisters_of() {
  case $1 in
    g++) echo '^g\+\+-[0-9]+$' ;;
    libboost-context-dev) echo '^libboost-context1\.[0-9]+-dev$' ;;
    libboost-fiber-dev) echo '^libboost-fiber1\.[0-9]+-dev$' ;;
    *) echo '^$' ;;
  esac
}

# at_least VERSION MINIMUM: compares a package's version, whose epoch does not count.
at_least() {
  dpkg --compare-versions "${1#*:}" ge "$2"
}

# installed[NAME]=VERSION for every installed package that could satisfy a need, and for every name
# that one of them provides (Node.js from elsewhere has npm in it).
read_installed() {
  declare -gA installed=()
  local status name version provides provided
  while read -r status name version provides; do
    if [[ $status != installed ]]; then continue; fi
    installed[$name]=$version
    for provided in ${provides//,/ }; do
      if [[ $provided == [a-z]* ]]; then : "${installed[$provided]:=$version}"; fi
    done
  done < <(
    needs_for build test archive foreign browser bench ci fuzz | sed 's/ .*//' | xargs \
      dpkg-query -W -f '${db:Status-Status} ${Package} ${Version} ${Provides}\n' \
      'g++*' 'libboost*-dev' 2>/dev/null
  )
}

# serving_package NAME MINIMUM: the installed package that serves this need; fails without one.
serving_package() {
  local name pattern
  if [[ -n ${installed[$1]-} ]] && at_least "${installed[$1]}" "$2"; then
    echo "$1"
    return
  fi
  pattern=$(sisters_of "$1")
  for name in "${!installed[@]}"; do
    if [[ $name =~ $pattern ]] && at_least "${installed[$name]}" "$2"; then
      echo "$name"
      return
    fi
  done
  return 1
}

# missing_needs PURPOSE…: the needs that no installed package serves, a line each.
missing_needs() {
  local name minimum
  while read -r name minimum; do
    serving_package "$name" "$minimum" >/dev/null || echo "$name $minimum"
  done < <(needs_for "$@")
}

# ---- what the repositories offer --------------------------------------------------------------

# offered_version NAME: the version apt would install; nothing if there is none.
offered_version() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null |
    sed -n 's/^  Candidate: //p' | sed '/^(none)$/d'
}

# package_for NAME MINIMUM: the package to install for this need; fails if none is offered. The
# Boost libraries must fit Boost headers that are here already: two versions exclude each other.
package_for() {
  local name offered
  if [[ $1 == libboost-*-dev ]] && name=$(boost_headers_here); then
    name=${1%-dev}$name-dev
    offered=$(offered_version "$name")
    if [[ -n $offered ]] && at_least "$offered" "$2"; then
      echo "$name"
      return
    fi
  fi
  while read -r name; do
    offered=$(offered_version "$name")
    if [[ -n $offered ]] && at_least "$offered" "$2"; then
      echo "$name"
      return
    fi
  done < <(
    echo "$1"
    apt-cache pkgnames "${1%-dev}" 2>/dev/null | grep -E "$(sisters_of "$1")" | sort -rV
  )
  return 1
}

# The version, as in 1.81, of the Boost headers that are installed.
boost_headers_here() {
  local name
  for name in "${!installed[@]}"; do
    if [[ $name =~ ^libboost(1\.[0-9]+)-dev$ ]]; then
      echo "${BASH_REMATCH[1]}"
      return
    fi
  done
  return 1
}
