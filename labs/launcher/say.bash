# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# What the launcher says while it works. Everything goes to stderr: stdout belongs to results.

say() {
  printf '%s\n' "$*" >&2
}

# die CODE WHAT [NEXT…]: says what is wrong and what to type next, and ends.
die() {
  local code=$1
  shift
  say "weft: $1"
  shift
  local next
  for next; do say "      $next"; done
  exit "$code"
}

# ---- steps: "[2/3] build (once)", printed only once there is something to do ------------------

steps=()
step=0
step_said=0  # the number of the last step that was printed

plan_steps() {
  steps=("$@")
  step=0
}

begin_step() {
  step=$((step + 1))
  SECONDS=0
}

step_title() {
  printf '[%d/%d] %s' "$step" "${#steps[@]}" "${steps[step - 1]}"
}

# say_step [DETAIL]: prints the current step, with a detail.
say_step() {
  step_said=$step
  say "$(step_title)${1:+: $1}"
}

something_was_done() {
  ((step_said > 0))
}

# follow LOG: appends its input to LOG and shows how far the current step is. On a terminal the
# line is rewritten in place, elsewhere the step is printed once.
follow() {
  local log=$1 line brief width=${COLUMNS:-80}
  while IFS= read -r line || [[ -n $line ]]; do
    printf '%s\n' "$line" >>"$log"
    brief=$(brief_of "$line")
    [[ -n $brief ]] || continue
    if [[ -t 2 ]]; then
      brief="$(step_title)  $brief"
      printf '\r\e[K%s' "${brief:0:width-1}" >&2
    elif ((step_said != step)); then
      say_step
    fi
    step_said=$step
  done
  if ((step_said == step)); then
    [[ ! -t 2 ]] || printf '\r\e[K' >&2
    say "$(step_title): took $SECONDS s"
  fi
}

# The part of a line of ninja's or apt's output that is worth showing; nothing for the others.
brief_of() {
  case $1 in
    *'Re-checking globbed directories'*) ;;
    '['[0-9]*/[0-9]*'] '*) printf '%s  %s' "${1%%]*}]" "${1##*[/ ]}" ;;
    Get:* | Unpacking\ * | 'Setting up '* | 'Waiting for cache lock'*) printf '%s' "$1" ;;
  esac
}
