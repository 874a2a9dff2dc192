# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# Installs missing packages by apt, and nothing from anywhere else. On a terminal it shows the exact
# line with its size and asks; without one it never asks. WEFT_INSTALL=no installs nothing and
# builds with what is here, for machines that have the libraries in another way.

container_line="docker run -it -v \"\$PWD\":/weft -w /weft debian:12 ./weft"
old_after_days=7
install_log=$root/.build/install.log

# ensure_installed PURPOSE…: returns when everything these purposes need is installed.
ensure_installed() {
  if [[ ${WEFT_INSTALL-} == no ]]; then return; fi
  have_apt || refuse_to_install 'this system has no apt' "$@"
  read_installed
  local missing
  missing=$(missing_needs "$@")
  if [[ -z $missing ]]; then return; fi

  become_root "$@"
  make_build_folder "$root/.build"
  : >"$install_log"
  local packages
  if lists_are_old || ! packages=$(packages_for "$missing"); then
    update_lists
    packages=$(packages_for "$missing") || refuse_unoffered "$missing"
  fi
  # shellcheck disable=SC2086  # package names, split on purpose
  install_packages $packages
  read_installed
  missing=$(missing_needs "$@")
  if [[ -n $missing ]]; then
    die 3 "still missing after the installation: $(oneline "$missing")" "the log: $install_log"
  fi
}

# install_if_offered PURPOSE: the same, but does without where the repositories lack something.
install_if_offered() {
  if [[ ${WEFT_INSTALL-} == no ]]; then return; fi
  read_installed
  local missing
  missing=$(missing_needs "$1")
  if [[ -z $missing ]]; then return; fi
  if ! lists_are_old && ! packages_for "$missing" >/dev/null; then
    say_step "this system does not offer $(describe_needs "$missing"); what needs it is skipped"
    return
  fi
  ensure_installed "$1"
}

# run_install PURPOSE…: the step alone, for containers and CI.
run_install() {
  local purpose
  for purpose in "${@:-build}"; do
    case $purpose in
      build | test | archive | foreign | browser | bench | ci | fuzz) ;;
      *)
        die 2 "nothing is installed for \"$purpose\"" \
          'purposes: build, test, archive, foreign, browser, bench, ci, fuzz'
        ;;
    esac
  done
  plan_steps install
  begin_step
  ensure_installed "${@:-build}"
}

oneline() {
  tr '\n' ' ' <<<"$*" | sed 's/ *$//'
}

have_apt() {
  type apt-get apt-cache apt-config dpkg-query dpkg &>/dev/null
}

# packages_for NEEDS: the package for each line, or failure if the repositories lack one.
packages_for() {
  local name minimum
  while read -r name minimum; do
    package_for "$name" "$minimum" || return 1
  done <<<"$1"
}

# ---- the right to install ---------------------------------------------------------------------

as_root=()  # what to put before apt-get

become_root() {
  if (($(id -u) == 0)); then
    as_root=()
  elif ! command -v sudo >/dev/null; then
    refuse_to_install 'you are not root and there is no sudo' "$@"
  elif on_a_terminal || sudo -n true 2>/dev/null; then
    as_root=(sudo)
  else
    refuse_to_install 'you are not root, and sudo would ask for a password without a terminal' "$@"
  fi
}

on_a_terminal() {
  [[ -t 0 && -t 2 ]]
}

# May we? Only a terminal is asked; what needs no terminal has been granted already.
ask() {
  if ! on_a_terminal; then return 0; fi
  local answer
  printf '      %s [Y/n] ' "$1" >&2
  read -r answer || answer=n
  case $answer in
    '' | [Yy]*) return 0 ;;
    *) return 1 ;;
  esac
}

# refuse_to_install WHY PURPOSE…
refuse_to_install() {
  local why=$1 wanted
  shift
  if have_apt; then wanted=$(missing_needs "$@"); else wanted=$(needs_for "$@"); fi
  die 3 "packages are missing, and $why" \
    "needed: $(describe_needs "$wanted")" \
    'ask whoever may install them, or use the container:' \
    "  $container_line compare" \
    'if they are here, but not as packages: WEFT_INSTALL=no ./weft …'
}

refuse_unoffered() {
  local name minimum lacking=''
  while read -r name minimum; do
    package_for "$name" "$minimum" >/dev/null || lacking+="$name $minimum"$'\n'
  done <<<"$1"
  die 3 "this system's repositories do not offer: $(describe_needs "${lacking%$'\n'}")" \
    'Debian 12 and 13 and Ubuntu 24.04 do. Use the container:' \
    "  $container_line compare"
}

# "cmake >= 3.25, curl"
describe_needs() {
  sed -e 's/ 0$//' -e 's/ / >= /' <<<"$1" | paste -sd, | sed 's/,/, /g'
}

# ---- apt --------------------------------------------------------------------------------------

# Are apt's lists absent, or not updated for a week? A list bears the date of its repository, so the
# folders tell when apt was last here.
lists_are_old() {
  local apt_lists
  eval "$(apt-config shell apt_lists Dir::State::lists/d)"
  [[ -z $(find "$apt_lists" -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null) ||
    -z $(find "$apt_lists" "$apt_lists/partial" -maxdepth 0 -mtime "-$old_after_days" \
      2>/dev/null) ]]
}

update_lists() {
  local line=("${as_root[@]}" apt-get update)
  say_step "the package lists are absent or old: ${line[*]}"
  if ((${#as_root[@]} > 0)); then
    ask 'Update them?' || decline
  fi
  # One unreachable repository among several is no reason to stop: the next step finds out.
  run_apt "${line[@]}" || say "      apt-get update had errors (see $install_log)"
}

install_packages() {
  local line=("${as_root[@]}" env DEBIAN_FRONTEND="${DEBIAN_FRONTEND:-noninteractive}"
    apt-get install -y --no-install-recommends --no-remove -o DPkg::Lock::Timeout=600 "$@")
  local plan
  if ! plan=$(LC_ALL=C apt-get install --assume-no --no-install-recommends --no-remove \
    -o Debug::NoLocking=1 "$@" 2>&1) && ! grep -q '^Abort' <<<"$plan"; then
    printf '%s\n' "$plan" >>"$install_log"
    die 3 "apt cannot install $*" "$(tail -n 3 <<<"$plan")" "more: $install_log"
  fi
  say_step "$(sizes_of_plan "$plan")"
  say "      ${line[*]}"
  ask 'Go ahead?' || decline
  if run_apt "${line[@]}"; then return; fi
  if grep -q 'Unable to fetch some archives' "$install_log"; then
    update_lists  # newer versions have replaced those in our lists
    if run_apt "${line[@]}"; then return; fi
  fi
  die 3 'apt could not install them' "$(grep '^E:' "$install_log" | tail -n 3)" \
    "more: $install_log"
}

decline() {
  die 3 'nothing was installed' 'type the line above yourself, or use the container:' \
    "  $container_line compare"
}

# "112 packages, 78.1 MB to download, 312 MB on disk", from what apt-get prints before it asks
sizes_of_plan() {
  local count download disk
  count=$(sed -n 's/^\([0-9]*\) upgraded, \([0-9]*\) newly.*/\1 + \2/p' <<<"$1")
  download=$(sed -n 's/^Need to get \(.*\) of archives\..*/\1/p' <<<"$1")
  disk=$(sed -n 's/^After this operation, \(.*\) of additional .*/\1/p' <<<"$1")
  echo "$((count)) packages, ${download:-0 B} to download, ${disk:-0 B} on disk"
}

# Runs apt, and waits while another one holds a lock: apt itself waits for the lock of dpkg only,
# not for those of the lists and the archives.
run_apt() {
  local tries=200 began
  while true; do
    began=$(wc -l <"$install_log")
    if LC_ALL=C "$@" 2>&1 </dev/null | follow "$install_log"; then return 0; fi
    if ! tail -n "+$((began + 1))" "$install_log" | grep -q '^E: Could not get lock'; then
      return 1
    fi
    ((tries == 200)) && say '      another apt is running; waiting for it (ten minutes at most)'
    ((--tries > 0)) || return 1
    sleep 3
  done
}
