# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# Builds into .build/PRESET, and knows without running anything whether a build is current: a stamp
# file is as old as the beginning of the last good build, and no source, nor the list of installed
# packages, has changed since. INVARIANT: whatever lets a build differ makes is_current fail.

# What the built program depends on. A folder counts as changed when a file in it appears or goes;
# labs/mine is the student's own and not part of the program.
# is_current PRESET TARGET
is_current() {
  local stamp=$root/.build/$1/launcher.$2.stamp
  [[ -x $root/.build/$1/bin/weft && -f $stamp && $(<"$stamp") == "$(fingerprint)" ]] || return 1
  if [[ /var/lib/dpkg/status -nt $stamp ]]; then return 1; fi
  [[ -z $(find "$root"/{CMakeLists.txt,CMakePresets.json,lwp,fibers,servers,labs} \
    -path "$root/labs/mine" -prune -o -cnewer "$stamp" -print -quit) ]]
}

# Where the checkout lies and which compiler was asked for.
fingerprint() {
  printf '%s %s' "$root" "${CXX-}"
}

# mark_current PRESET TARGET…
mark_current() {
  local folder=$root/.build/$1 target
  shift
  for target; do cp -p "$folder/launcher.stamp.new" "$folder/launcher.$target.stamp"; done
}

# build PRESET [TARGET…]: configures if necessary and builds. Prints nothing if nothing was to do.
build() {
  local preset=$1 folder=$root/.build/$1 log=$root/.build/$1/build.log targets=()
  if (($# > 1)); then targets=(--target "${@:2}"); fi
  make_build_folder "$folder"
  lock_build_folder "$folder"
  local cmake compiler
  cmake=$(cmake_program)
  compiler=$(compiler_program)
  start_anew_if_stale "$folder" "$compiler"
  fingerprint >"$folder/launcher.stamp.new"
  : >"$log"
  configure "$preset" "$cmake" "$compiler" "$log"
  "$cmake" --build "$folder" -j "$(jobs)" "${targets[@]}" 2>&1 | follow "$log" ||
    build_failed "$log"
  exec {build_lock}>&-
}

make_build_folder() {
  if ! mkdir -p "$1" 2>/dev/null || [[ ! -w $1 ]]; then
    die 3 "cannot write to $1" "who owns it: ls -ld $root $root/.build"
  fi
}

# One build at a time in a folder: a second ./weft waits for the first.
lock_build_folder() {
  exec {build_lock}>"$1.lock"
  if ! flock -n "$build_lock"; then
    say "      another ./weft is building in $1; waiting for it"
    flock "$build_lock"
  fi
}

# A build folder remembers absolute paths: one from another place, by another compiler or for
# another generator cannot be used again.
start_anew_if_stale() {
  local folder=$1 cache=$1/CMakeCache.txt
  [[ -f $cache ]] || return 0
  if ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" ||
    ! grep -qxF 'CMAKE_GENERATOR:INTERNAL=Ninja' "$cache" ||
    [[ $(cat "$folder/launcher.compiler" 2>/dev/null) != "$(compiler_id "$2")" ]]; then
    say "      the checkout or the compiler has changed: building anew in $folder"
    rm -rf "${folder:?}"
    mkdir -p "$folder"
  fi
}

configure() {
  local preset=$1 cmake=$2 compiler=$3 log=$4 folder=$root/.build/$1
  if [[ -f $folder/build.ninja && ! $root/CMakePresets.json -nt $folder/build.ninja ]]; then
    return
  fi
  if ! "$cmake" -S "$root" --preset "$preset" -DCMAKE_CXX_COMPILER="$compiler" \
    >>"$log" 2>&1; then
    rm -f "$folder/CMakeCache.txt"
    tail -n 20 "$log" >&2
    if grep -qiE 'could not find|no such program|not able to compile' "$log"; then
      die 3 'CMake did not find what it needs' 'what this machine lacks: ./weft doctor' \
        "the whole log: $log"
    fi
    die 1 'CMake could not configure the build' "the whole log: $log"
  fi
  compiler_id "$compiler" >"$folder/launcher.compiler"
}

build_failed() {
  local log=$1
  # From the first failure on: what comes before it compiled.
  awk '/^FAILED:|^ninja: error/ { failed = 1 } failed && lines++ < 40' "$log" >&2
  if grep -qE 'Killed signal terminated|virtual memory exhausted|No space left' "$log"; then
    die 3 'the build ran out of memory or disk' 'with one job: WEFT_JOBS=1 ./weft …' \
      'what this machine has: ./weft doctor' "the whole log: $log"
  fi
  die 1 'the build failed' "the whole log: $log" "a build from scratch: rm -rf $(dirname "$log")"
}

# ---- tools ------------------------------------------------------------------------------------

# The first cmake that is new enough: one in ~/bin may be older than the package.
cmake_program() {
  local candidate version
  for candidate in "$(command -v cmake)" /usr/bin/cmake; do
    version=$("$candidate" --version 2>/dev/null | sed -n '1s/.* //p')
    if [[ -n $version ]] && not_older "$version" 3.25; then
      echo "$candidate"
      return
    fi
  done
  die 3 'no cmake 3.25 or later was found' 'what this machine lacks: ./weft doctor'
}

# $CXX, else g++, else the newest g++-N.
compiler_program() {
  if [[ -n ${CXX-} ]]; then
    command -v "$CXX" || die 3 "CXX=$CXX is not a program" 'to take g++: unset CXX'
    return
  fi
  local candidate version
  while read -r candidate; do
    version=$("$candidate" -dumpfullversion 2>/dev/null) || continue
    if not_older "$version" 12; then
      command -v "$candidate"
      return
    fi
  done < <(
    echo g++
    compgen -c g++- | grep -E '^g\+\+-[0-9]+$' | sort -uVr
  )
  die 3 'no g++ 12 or later was found' 'what this machine lacks: ./weft doctor'
}

compiler_id() {
  printf '%s %s\n' "$1" "$("$1" -dumpfullversion -dumpversion 2>/dev/null)"
}

# not_older VERSION MINIMUM, where there need be no dpkg.
not_older() {
  [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

# A compiler of C++20 may want a GiB: as many jobs as there are cores and GiB free.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(($(free_memory_kb) / 1048576))
  ((memory < cores)) && cores=$memory
  echo "${WEFT_JOBS:-$((cores > 1 ? cores : 1))}"
}

# What the kernel says is available, or what a container's limit leaves.
free_memory_kb() {
  local available limit used
  available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)
  used=$(cat /sys/fs/cgroup/memory.current 2>/dev/null || true)
  if [[ $limit =~ ^[0-9]+$ && $used =~ ^[0-9]+$ && $(((limit - used) / 1024)) -lt $available ]]; then
    available=$(((limit - used) / 1024))
  fi
  echo "$available"
}
