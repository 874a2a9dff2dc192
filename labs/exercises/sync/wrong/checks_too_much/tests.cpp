// SPDX-License-Identifier: BSL-1.0
// expect: sync.rejects-right
// It checks that the one that came first is woken, which nobody promises under every schedule.
#include "sync.hpp"

namespace lab {
namespace {

using weft::check;
using weft::fibers::Fiber;
using weft::fibers::sleep_for;
using weft::fibers::spawn;

void first_come_first_served() {
  Mutex mutex;
  ConditionVariable changed;
  int woken = 0;
  auto wait = [&](int number) {
    std::lock_guard lock(mutex);
    changed.wait(mutex);
    if (woken == 0) woken = number;
  };
  Fiber first = spawn({.name = "first"}, [&] { wait(1); });
  Fiber second = spawn({.name = "second"}, [&] { wait(2); });
  sleep_for(1'000'000);
  changed.notify_one();
  sleep_for(1'000'000);
  check(woken == 1, "the first to come is the first to go on");
  changed.notify_one();
}

}  // namespace

const Test tests[kTests] = {first_come_first_served};

}  // namespace lab
