#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The checks of the sources find what they are there to find, and nothing in clean sources.
# shellcheck source=tests/launcher/harness.bash
source "$(dirname "$0")/harness.bash"

make_sources() {
  mkdir -p "$state"
  rm -rf "${tree:?}"
  mkdir -p "$tree"/{.ci,.devcontainer,lwp,fibers,servers,labs,tests}
  cp -r "$source_root/.ci/checks" "$tree/.ci"
  touch "$tree/weft"
  : >"$calls"
}

# source_file FILE TEXT…: a source with the SPDX line and these lines.
source_file() {
  mkdir -p "$(dirname "$tree/$1")"
  printf '%s\n' '// SPDX-License-Identifier: BSL-1.0' "${@:2}" >"$tree/$1"
}

check() {
  code=0
  out=$("$tree/.ci/checks/$1" 2>&1) || code=$?
  err=$out
}

# expect_finding CHECK FILE LINE: a tree with only this file has one finding, in its second line.
expect_finding() {
  make_sources
  source_file "$2" "$3"
  check "$1"
  expect_code 1
  expect_out "$2:2: "
}

expect_clean() {
  make_sources
  source_file "$2" "$3"
  check "$1"
  expect_code 0
}

test_layers() {
  expect_finding layers lwp/a.cpp '#include "fibers/fiber.hpp"'
  expect_finding layers fibers/a.hpp '#  include "servers/x.hpp"'
  expect_finding layers servers/a.cpp '#include <labs/x.hpp>'
  expect_finding layers labs/a.cpp '#include "tests/catch.hpp"'
  expect_finding layers servers/a.cpp '#include "../lwp/os.hpp"'
  expect_finding layers fibers/mutex.cpp '#include <boost/context/detail/fcontext.hpp>'
  expect_finding layers servers/a.cpp '#include <boost/fiber/all.hpp>'
  expect_finding layers lwp/a.cpp '#include <boost/asio.hpp>'
  expect_clean layers labs/a.cpp '#include "lwp/os.hpp"'
  expect_clean layers tests/lwp/a.cpp '#include "labs/x.hpp"'
  expect_clean layers fibers/switch.cpp '#include <boost/context/detail/fcontext.hpp>'
  expect_clean layers fibers/boost_engine/a.cpp '#include <boost/fiber/all.hpp>'
}

test_seams() {
  local header word
  for header in unistd.h sys/socket.h atomic thread poll.h linux/futex.h pthread.h; do
    expect_finding seams servers/a.cpp "#include <$header>"
    expect_clean seams lwp/os/a.cpp "#include <$header>"
  done
  for word in 'std::atomic<int> a;' 'std::thread t;' 'std::mutex m;' '  ::read(fd, p, n);' \
    'auto t = std::chrono::steady_clock::now();' 'n = syscall(1);' 'std::memory_order_relaxed' \
    '__atomic_load_n(&x, 0);' '  mmap(p);' 'std::this_thread::yield();'; do
    expect_finding seams labs/a.cpp "$word"
    expect_clean seams tests/a.cpp "$word"
  done
  expect_finding seams servers/a.cpp '#include <fstream>'
  expect_clean seams labs/a.cpp '#include <fstream>'
  for word in 'throw std::system_error(e);' 'os::read(fd, p);' 'lwp::atomic<int> a;' \
    '// std::thread is forbidden' 'std::unique_lock lock(m);' 'x.sched_yield();' \
    'weft::lwp::os::mmap(p);' 'map<int>::find(x);' '#include <mutex>'; do
    expect_clean seams fibers/a.cpp "$word"
  done
}

test_portable() {
  expect_finding portable lwp/a.cpp 'asm volatile("pause");'
  expect_finding portable lwp/a.hpp '#include <immintrin.h>'
  expect_finding portable lwp/a.hpp '_mm_setcsr(0x3f);'
  expect_clean portable lwp/a_x86_64.hpp 'asm volatile("pause");'
  expect_clean portable lwp/a.cpp 'int basm = 1;  // asm is elsewhere'
}

test_licences() {
  make_sources
  check licences
  expect_code 0
  echo 'int x;' >"$tree/lwp/x.cpp"
  check licences
  expect_code 1
  expect_out 'lwp/x.cpp:1:'

  make_sources
  local vendor=$tree/labs/page/vendor
  mkdir -p "$vendor"
  echo 'x = 1' >"$vendor/x.js"
  check licences
  expect_out 'labs/page/vendor/SHA256SUMS:1:'
  echo 'do as you like' >"$vendor/LICENSE.x"
  (cd "$vendor" && sha256sum -- * >../sums && mv ../sums SHA256SUMS)
  check licences
  expect_code 0
  echo 'x = 2' >"$vendor/x.js"
  check licences
  expect_code 1
  expect_out 'labs/page/vendor/x.js:1:'
}

run_tests
