# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# ./weft test [--all] [--stress] [ctest arguments]: builds every test and runs them by ctest. Bare,
# it leaves out what takes long and what is about the sources and the launcher.
# WEFT_PRESET picks another preset than "test" (.ci/run: ci, asan, tsan).

run_test() {
  local preset=${WEFT_PRESET:-test} purposes=(build test) arguments=() all=
  local word
  for word; do
    case $word in
      --all) purposes+=(foreign) all=1 ;;
      --stress) export WEFT_STRESS=1 ;;
      *) arguments+=("$word") ;;
    esac
  done
  [[ -n $all ]] || ((${#arguments[@]})) || arguments=(-LE 'long|launcher|checks|browser')
  plan_steps install build test
  begin_step
  ensure_installed "${purposes[@]}"
  if [[ -n $all ]]; then
    install_if_offered browser
    install_modules
  fi
  begin_step
  build "$preset"
  begin_step
  say_step
  local folder=$root/.build/$preset status=0
  local cmake
  cmake=$(cmake_program)
  "${cmake%cmake}ctest" --test-dir "$folder" --output-on-failure --no-tests=error -j "$(nproc)" "${arguments[@]}" || status=$?
  name_skipped "$folder/Testing/Temporary/LastTest.log"
  if ((status != 0)); then
    say "      what a failed test said: $folder/Testing/Temporary/LastTest.log"
    exit 1
  fi
}

# Says which foreign tools were wanting, and in how many tests. A test that wants one prints
# "SKIPPED: needs TOOL" instead of failing.
name_skipped() {
  [[ -f $1 ]] || return 0
  local skipped
  skipped=$(sed -n 's/^.*SKIPPED: needs \(.*\)$/\1/p' "$1" | sort | uniq -c |
    sed 's/^ *\([0-9]*\) \(.*\)/\2 (\1)/' | paste -sd, | sed 's/,/, /g')
  if [[ -n $skipped ]]; then
    say "Skipped because this machine lacks: $skipped. To install the tools: ./weft test --all"
  fi
}
