# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# A machine of paper for the launcher: a copy of it in a temporary folder, and on PATH only plain
# tools and fakes of apt, dpkg, sudo, cmake and g++ that note each call and keep their state in
# files. So every test is deterministic, needs no network, no root, and changes nothing outside.
set -euo pipefail
unset WEFT_PRESET WEFT_WITHOUT WEFT_JOBS WEFT_INSTALL WEFT_STRESS CXX  # what CI or a user may have set

source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
tree=$box/tree
tools=$box/tools    # links to real programs; nothing is ever written there
fake=$box/fake      # our programs, which come first
state=$box/state    # what they know: installed, offered, uid, calls, …
calls=$state/calls  # a line for each call of a fake that does something
export FAKE_STATE=$state

plain_tools=(awk bash basename cat chmod cmp cp cut date df dirname env expr find flock fold grep head ls mkdir mktemp mv
  nproc paste readlink rm sed sh sort stty tail tee touch tr true uname uniq wc xargs)

make_machine() {
  rm -rf "${tree:?}" "${tools:?}" "${fake:?}" "${state:?}"
  mkdir -p "$tree"/{lwp,fibers,servers,labs} "$tools" "$fake" "$state/lists/partial"
  cp "$source_root/weft" "$source_root/CMakeLists.txt" "$source_root/CMakePresets.json" "$tree"
  cp -r "$source_root/labs/launcher" "$source_root/labs/help" "$tree/labs"
  echo 'int one;' >"$tree/lwp/one.cpp"
  touch "$calls" "$state/installed" "$state/lists/x_Packages"
  echo 0 >"$state/uid"
  printf '%s\n' 'g++ 4:12.2.0-3' 'cmake 3.25.1-1' 'ninja-build 1.11.1-1' \
    'libboost-context-dev 1.74.0.3' 'libboost-fiber-dev 1.74.0.3' 'libcli11-dev 2.1.2+ds-1' \
    'nlohmann-json3-dev 3.11.2-2' 'catch2 2.13.10-1' 'curl 7.88' 'libarchive-tools 3.6.2' 'wrk 4.1' 'litmus 0.13' 'slowhttptest 1.8' \
    'netcat-openbsd 1.219' 'shellcheck 0.9.0-1' 'gdb 13.1-3' 'chromium 156.0' 'nodejs 18.20.4' \
    'npm 9.2.0~ds1-1' 'protobuf-compiler 3.21.12-3' 'clang 14.0-55.7' 'libclang-rt-dev 14.0-55.7' \
    'nginx 1.22.1-9' 'lighttpd 1.4.69-1' 'apache2-bin 2.4.71-1' >"$state/offered"
  local tool
  for tool in "${plain_tools[@]}"; do
    ln -s "$(type -P "$tool")" "$tools/$tool"
  done
  make_fakes
}

# fake NAME: the program's text comes from stdin.
fake() {
  {
    printf '#!%s\n' "$(type -P bash)"
    cat
  } >"$fake/$1"
  chmod +x "$fake/$1"
}

# shellcheck disable=SC2016  # the fakes expand these, not we
make_fakes() {
  fake id <<<'cat "$FAKE_STATE/uid"'
  fake sleep <<<'echo "sleep $*" >>"$FAKE_STATE/calls"'
  fake sudo <<'FAKE'
if [[ $1 == -n ]]; then [[ -e $FAKE_STATE/sudo_is_free ]]; exit; fi
echo "sudo" >>"$FAKE_STATE/calls"
exec "$@"
FAKE
  fake dpkg <<'FAKE'
# dpkg --compare-versions A ge B
[[ $(printf '%s\n%s\n' "$4" "$2" | sort -V | head -n 1) == "$4" ]]
FAKE
  fake dpkg-query <<<'sed "s/^/installed /" "$FAKE_STATE/installed"'
  fake apt-config <<<'echo "apt_lists='"'"'$FAKE_STATE/lists/'"'"'"'
  fake apt-cache <<'FAKE'
case $1 in
  policy) awk -v name="$2" '$1 == name { print "  Candidate: " $2 }' "$FAKE_STATE/offered" ;;
  pkgnames) awk -v prefix="$2" 'index($1, prefix) == 1 { print $1 }' "$FAKE_STATE/offered" ;;
esac
FAKE
  fake apt-get <<'FAKE'
if [[ $* == *--assume-no* ]]; then
  echo '0 upgraded, 7 newly installed, 0 to remove and 0 not upgraded.'
  echo 'Need to get 61.2 MB of archives.'
  echo 'After this operation, 245 MB of additional disk space will be used.'
  echo 'Abort.'
  exit 1
fi
echo "apt-get $*" >>"$FAKE_STATE/calls"
if [[ -s $FAKE_STATE/locked ]]; then
  sed -i 1d "$FAKE_STATE/locked"
  echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt)'
  exit 100
fi
if [[ $1 == update ]]; then
  [[ ! -e $FAKE_STATE/after_update ]] || cp "$FAKE_STATE/after_update" "$FAKE_STATE/offered"
  touch "$FAKE_STATE/lists/x_Packages"
  exit
fi
for package; do
  awk -v name="$package" '$1 == name' "$FAKE_STATE/offered" >>"$FAKE_STATE/installed"
  echo "Setting up $package"
done
exit 0
FAKE
  fake g++ <<<'echo 12.2.0'
  fake cmake <<'FAKE'
if [[ $1 == --version ]]; then echo 'cmake version 3.25.1'; exit; fi
echo "cmake $*" >>"$FAKE_STATE/calls"
if [[ $1 == -S ]]; then
  folder=$2/.build/$4
  mkdir -p "$folder"
  printf '%s\n' "CMAKE_HOME_DIRECTORY:INTERNAL=$2" 'CMAKE_GENERATOR:INTERNAL=Ninja' \
    >"$folder/CMakeCache.txt"
  touch "$folder/build.ninja"
  exit
fi
if [[ -e $FAKE_STATE/build_breaks ]]; then
  echo 'FAILED: lwp/one.cpp.o'
  cat "$FAKE_STATE/build_breaks"
  exit 1
fi
echo '[1/2] Building CXX object lwp/one.cpp.o'
mkdir -p "$2/bin"
printf '#!%s\necho "program: $*"\nexit 7\n' "$(type -P bash)" >"$2/bin/weft"
chmod +x "$2/bin/weft"
FAKE
  fake ctest <<'FAKE'
echo "ctest $*" >>"$FAKE_STATE/calls"
mkdir -p "$2/Testing/Temporary"
[[ ! -e $FAKE_STATE/ctest_log ]] || cp "$FAKE_STATE/ctest_log" "$2/Testing/Temporary/LastTest.log"
[[ ! -e $FAKE_STATE/tests_fail ]]
FAKE
}

# A machine on which everything is installed.
make_furnished_machine() {
  make_machine
  cp "$state/offered" "$state/installed"
}

# weft ARGUMENTS…: runs the launcher without a terminal; sets code, out and err.
weft() {
  code=0
  PATH=$fake:$tools "$tree/weft" "$@" </dev/null >"$box/out" 2>"$box/err" || code=$?
  out=$(<"$box/out")
  err=$(<"$box/err")
}

# on_terminal ANSWER ARGUMENTS…: the same on a terminal, where ANSWER is typed. Both streams in out.
on_terminal() {
  local answer=$1 script
  shift
  script=$(type -P script)
  code=0
  PATH=$fake:$tools "$script" -qec "$tree/weft $*" /dev/null <<<"$answer" >"$box/out" 2>&1 || code=$?
  out=$(<"$box/out")
  err=$out
}

needs_script() {
  if ! type -P script >/dev/null; then
    echo 'SKIPPED: needs script'
    exit 0
  fi
}

# ---- checks: each says what it found --------------------------------------------------------------

fail() {
  {
    echo "FAILED in $(basename "$0"), ${FUNCNAME[2]}: $*"
    echo "exit code ${code-}"
    echo "stdout: ${out-}"
    echo "stderr: ${err-}"
    echo "calls:"
    cat "$calls"
  } >&2
  exit 1
}

expect_code() { [[ $code == "$1" ]] || fail "exit code is not $1"; }
expect_out() { [[ $out == *"$1"* ]] || fail "stdout lacks: $1"; }
expect_err() { [[ $err == *"$1"* ]] || fail "stderr lacks: $1"; }
expect_quiet() { [[ -z $err ]] || fail 'stderr is not empty'; }
expect_call() { grep -qF -- "$1" "$calls" || fail "was not called: $1"; }
expect_no_call() { ! grep -qF -- "$1" "$calls" || fail "was called: $1"; }
expect_nothing_called() { [[ ! -s $calls ]] || fail 'something was called'; }
forget_calls() { : >"$calls"; }

# Runs every function of the calling file whose name begins with "test_".
run_tests() {
  local name
  for name in $(compgen -A function test_); do
    echo "$name"
    "$name"
  done
}
