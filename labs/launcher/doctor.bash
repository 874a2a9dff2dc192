# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# ./weft doctor: what this machine has and lacks, a line each with the mend. Bash alone, so that it
# works where nothing can be built. A line begins with
#   ok    nothing to do
#   note  weft runs, but something is slower, skipped or not predicted
#   LACK  weft cannot run; doctor then ends with exit code 3

doctor_lacks=0

run_doctor() {
  if (($# > 0)); then die 2 "doctor takes no argument \"$1\"" 'try: ./weft doctor --help'; fi
  check_system
  check_packages
  check_tools
  check_processor
  check_memory
  check_disk
  check_kernel_features
  check_limits
  check_surroundings
  if ((doctor_lacks > 0)); then exit 3; fi
}

# report STATE SUBJECT FINDING [MEND]
report() {
  printf '%-5s %-15s %s\n' "$1" "$2" "$(indented "$3" '')"
  if [[ -n ${4-} ]]; then printf '%22s-> %s\n' '' "$(indented "$4" '   ')"; fi
  if [[ $1 == LACK ]]; then doctor_lacks=$((doctor_lacks + 1)); fi
}

# indented TEXT EXTRA: broken into lines that end before column 80 and begin under the first.
indented() {
  fold -s -w 55 <<<"$1" | sed "2,\$s/^/                      $2/; s/ *\$//"
}

check_system() {
  local name
  name=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null || true)
  report ok system "${name:-unknown distribution}, Linux $(uname -r), $(uname -m)"
}

check_packages() {
  if ! have_apt; then
    report LACK packages 'no apt here: weft installs apt packages only' \
      "use the container: $container_line compare"
    return
  fi
  read_installed
  report_packages LACK build './weft compare installs them'
  report_packages note test './weft test installs them'
  report_packages note foreign './weft test --all installs them; without them some tests are skipped'
  report_packages note browser 'the same, and the tests of report and dashboard'
  report_packages note bench './weft install bench installs them; bench servers leaves them out'
}

# report_packages STATE PURPOSE MEND
report_packages() {
  local missing
  missing=$(missing_needs "$2")
  if [[ -z $missing ]]; then
    report ok "to $(purpose_title "$2")" "$(describe_installed "$2")"
  else
    report "$1" "to $(purpose_title "$2")" "missing: $(describe_needs "$missing")" "$3"
  fi
}

purpose_title() {
  case $1 in
    foreign) echo 'test --all' ;;
    browser) echo 'test pages' ;;
    bench) echo 'bench servers' ;;
    *) echo "$1" ;;
  esac
}

describe_installed() {
  local name minimum package
  while read -r name minimum; do
    package=$(serving_package "$name" "$minimum")
    printf '%s ' "$package"
  done < <(needs_for "$1")
}

check_tools() {
  local compiler
  if compiler=$(compiler_program 2>/dev/null); then
    report ok compiler "$compiler $("$compiler" -dumpfullversion -dumpversion)"
  fi
}

check_processor() {
  local cores
  cores=$(nproc)
  if ((cores == 1)); then
    report note cores '1' \
      'compare wants a core for the server and one for its clients: here it predicts nothing'
  else
    report ok cores "$cores"
  fi
  check_steal
}

# The share of the CPU that the host of a virtual machine gave to others, since the machine began.
check_steal() {
  local user nice system idle iowait irq softirq steal rest permille
  read -r _ user nice system idle iowait irq softirq steal rest </proc/stat || return 0
  local total=$((user + nice + system + idle + iowait + irq + softirq + ${steal:-0}))
  ((total > 0)) || return 0
  permille=$((1000 * ${steal:-0} / total))
  if ((permille > 20)); then
    report note 'stolen CPU' "$((permille / 10)).$((permille % 10)) % since the start" \
      'the host of this virtual machine is busy: runs that lose over 2 % are repeated'
  elif grep -qw hypervisor /proc/cpuinfo 2>/dev/null; then
    report ok 'stolen CPU' "$((permille / 10)).$((permille % 10)) % (a virtual machine)"
  fi
}

check_memory() {
  local total_kb free_kb
  total_kb=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  free_kb=$(free_memory_kb)
  if ((total_kb < 2 * 1048576 || free_kb < 1048576)); then
    report note memory "$((total_kb / 1024)) MiB, $((free_kb / 1024)) free: $(jobs) build jobs" \
      'the build is slow; if it is killed, add swap or close programs'
  else
    report ok memory "$((total_kb / 1048576)) GiB, $((free_kb / 1048576)) free: $(jobs) build jobs"
  fi
}

check_disk() {
  local free_kb
  free_kb=$(df -Pk "$root" | awk 'NR == 2 { print $4 }')
  if ((free_kb < 300 * 1024)); then
    report LACK disk "$((free_kb / 1024)) MiB free in $root" 'a build needs 300 MiB, the tests 2 GiB'
  elif ((free_kb < 2 * 1048576)); then
    report note disk "$((free_kb / 1024)) MiB free in $root" 'enough for compare; the tests need 2 GiB'
  else
    report ok disk "$((free_kb / 1048576)) GiB free"
  fi
  if [[ $root == /mnt/[a-z]/* ]] && in_wsl; then
    report note 'slow disk' "$root lies on the Windows disk" \
      'clone into your Linux home (cd ~) and work there: ten times faster'
  fi
}

# ---- what the kernel offers -------------------------------------------------------------------
# The program probes each of these itself; this is what can be told before it is built.

check_kernel_features() {
  feature guard_install "$(kernel_since 6.13)" 'guard pages by mprotect: slower, at most some 32,000'
  feature io_uring "$(io_uring_state)" 'nothing yet: helper threads complete disk reads anyway'
  feature openat2 "$(kernel_since 5.6)" 'paths are opened a component at a time, no symlinks'
  feature proc_syscall "$(proc_syscall_state)" 'reports do not name the call in which an LWP blocks'
  feature membarrier "$(kernel_since 4.14)" 'the run permit of a blocked LWP cannot be taken away'
  feature namespaces "$(namespaces_state)" "code that is graded sees the machine's network"
  check_without
}

# feature NAME STATE WITHOUT: STATE "" means it is there, else why not.
feature() {
  if [[ ",${WEFT_WITHOUT-}," == *,"$1",* ]]; then
    report note "$1" 'hidden by WEFT_WITHOUT' "without it: $3"
  elif [[ -n $2 ]]; then
    report note "$1" "$2" "without it: $3"
  else
    report ok "$1" 'here'
  fi
}

kernel_since() {
  not_older "$(uname -r)" "$1" || echo "this kernel is older than Linux $1"
}

io_uring_state() {
  local setting=/proc/sys/kernel/io_uring_disabled since
  since=$(kernel_since 5.6)
  if [[ -n $since ]]; then
    echo "$since"
  elif [[ -r $setting && $(<"$setting") == 2 ]]; then
    echo "switched off: $setting is 2"
  elif [[ -r $setting && $(<"$setting") == 1 && $(id -u) != 0 ]]; then
    echo "for root only: $setting is 1"
  elif grep -q '^Seccomp:[[:space:]]*2' /proc/self/status; then
    echo 'perhaps blocked: a seccomp filter is in force (Docker blocks it)'
  fi
}

namespaces_state() {
  unshare --user --map-current-user --net true 2>/dev/null ||
    echo 'the kernel lends none (user namespaces)'
}

proc_syscall_state() {
  local line
  if ! { read -r line </proc/self/syscall; } 2>/dev/null; then
    echo '/proc/self/syscall cannot be read'
  fi
}

# Names in WEFT_WITHOUT that are no feature hide nothing: say so.
check_without() {
  local word words
  IFS=, read -ra words <<<"${WEFT_WITHOUT-}"
  for word in "${words[@]}"; do
    case $word in
      guard_install | io_uring | openat2 | proc_syscall | membarrier | namespaces) ;;  # as in lwp/os.hpp
      *) report note WEFT_WITHOUT "\"$word\" is no feature and hides nothing" 'see the names above' ;;
    esac
  done
}

# ---- limits and surroundings ------------------------------------------------------------------

check_limits() {
  local files
  files=$(ulimit -n)
  if [[ $files != unlimited ]] && ((files < 1024)); then
    report note 'open files' "$files" 'many connections will fail: ulimit -n 4096'
  else
    report ok 'open files' "$files"
  fi
  case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
    *[Uu][Tt][Ff]*8*) report ok locale "${LC_ALL:-${LC_CTYPE:-$LANG}}" ;;
    *) report note locale "${LC_ALL:-${LC_CTYPE:-${LANG:-none}}}: no UTF-8, bars are plain ASCII" \
      'export LANG=C.UTF-8' ;;
  esac
}

in_wsl() {
  grep -qi microsoft /proc/sys/kernel/osrelease
}

check_surroundings() {
  if in_wsl; then report ok surroundings 'WSL'; fi
  if [[ -e /.dockerenv || -e /run/.containerenv || -n ${container-} ]]; then
    report ok surroundings 'a container: some kernel features may be blocked'
  fi
  if grep -q '^Seccomp:[[:space:]]*2' /proc/self/status; then
    report note seccomp 'a filter is in force' 'features above may be refused; the program probes each'
  fi
}
