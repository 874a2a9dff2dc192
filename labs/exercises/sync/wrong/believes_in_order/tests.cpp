// SPDX-License-Identifier: BSL-1.0
// expect: sync.rejects-right
// It takes for granted that the waiter has come before the notify.
#include "sync.hpp"

namespace lab {
namespace {

using weft::fibers::spawn;

void wakes_up() {
  Mutex mutex;
  ConditionVariable changed;
  auto waiter = spawn({.name = "waiter"}, [&] {
    std::lock_guard lock(mutex);
    changed.wait(mutex);
  });
  weft::fibers::yield();  // it surely waits by now
  changed.notify_one();
}

}  // namespace

const Test tests[kTests] = {wakes_up};

}  // namespace lab
