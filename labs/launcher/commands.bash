# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# Which commands there are. labs/help/weft.txt is the one list: what the user reads is what counts.

commands_now() {
  sed -n 's/^[a-z]*  *weft \([a-z][a-z]*\).*/\1/p' "$root/labs/help/weft.txt"
}

weft_version() {
  sed -n 's/^project(weft VERSION \([0-9.]*\).*/weft \1/p' "$root/CMakeLists.txt"
}

# Is there a --help or -h among these words?
wants_help() {
  local word
  for word; do
    case $word in
      --help | -h) return 0 ;;
      --) return 1 ;;
    esac
  done
  return 1
}

# How long `compare` measures at most with these options; nothing where only the program knows.
measuring_time() {
  case " $* " in
    *' --workers'* | *' --lwps'* | *' --heads'* | *' --scale'* | *' --runs'* | *' --seconds'*) ;;
    *' --quick '*) echo ' (15 s)' ;;
    *' --thorough '*) echo ' (60 s)' ;;
    *) echo ' (20 s)' ;;
  esac
}

# require_known_options COMMAND WORDS…: a typing error should not cost a build before it is refused.
# What the recorded help shows and --lang, --color are known; the program judges everything else.
require_known_options() {
  local help=$root/labs/help/$1.txt command=$1 word known near best=4 distance
  shift
  [[ -f $help ]] || return 0
  require_known_language "$@"
  for word; do
    word=${word%%=*}
    case $word in
      --) return ;;
      --lang | --color | --help | --version) continue ;;
      # Asked for by the design and refused by the program, which says why.
      --preempt | --max-lwps) continue ;;
      --*) ;;
      *) continue ;;
    esac
    near=''
    while read -r known; do
      if [[ $word == "$known" ]]; then continue 2; fi
      distance=$(edit_distance "$word" "$known")
      if ((distance < best)); then
        near=$known
        best=$distance
      fi
    done < <(sed -n 's/^  *\(--[a-z-]*\).*/\1/p' "$help")
    die 2 "$command: there is no \"$word\" here" \
      "${near:+did you mean: $near   }all options: ./weft $command --help"
  done
}

# A language that nobody speaks here must not be answered in another without a word.
require_known_language() {
  local previous='' word lang
  for word; do
    lang=''
    if [[ $previous == --lang ]]; then lang=$word; fi
    if [[ $word == --lang=* ]]; then lang=${word#*=}; fi
    case $lang in
      '' | en | zh) ;;
      *) die 2 "there is no language \"$lang\"" 'there are: --lang en, --lang zh' ;;
    esac
    previous=$word
  done
}

require_known_command() {
  local known
  while read -r known; do
    if [[ $1 == "$known" ]]; then return; fi
  done < <(commands_now)
  local near
  near=$(nearest_command "$1")
  die 2 "there is no command \"$1\"" \
    "${near:+did you mean: ./weft $near   }all commands: ./weft --help"
}

# The command that begins so, or else the one at the smallest edit distance, if it is near.
nearest_command() {
  local candidate distance best='' best_distance=3
  while read -r candidate; do
    distance=$(edit_distance "$1" "$candidate")
    if [[ $candidate == "$1"* ]]; then distance=0; fi
    if ((distance < best_distance)); then
      best=$candidate
      best_distance=$distance
    fi
  done < <(commands_now)
  printf '%s' "$best"
}

# Levenshtein's distance, one row of the table at a time.
edit_distance() {
  local a=$1 b=$2 i j above diagonal smallest
  local -a row=()
  for ((j = 0; j <= ${#b}; j++)); do row[j]=$j; done
  for ((i = 1; i <= ${#a}; i++)); do
    diagonal=${row[0]}
    row[0]=$i
    for ((j = 1; j <= ${#b}; j++)); do
      above=${row[j]}
      smallest=$diagonal
      if [[ ${a:i-1:1} != "${b:j-1:1}" ]]; then
        ((above < smallest)) && smallest=$above
        ((row[j - 1] < smallest)) && smallest=${row[j - 1]}
        smallest=$((smallest + 1))
      fi
      row[j]=$smallest
      diagonal=$above
    done
  done
  echo "${row[${#b}]}"
}
