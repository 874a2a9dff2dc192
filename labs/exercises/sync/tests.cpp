// SPDX-License-Identifier: BSL-1.0
// Your tests of a condition variable. They must pass with a right one, and find at least four of
// six wrong ones. A test finds a wrong one if, under some schedule, a weft::check() fails, or
// nobody can go on.
#include "sync.hpp"

namespace lab {
namespace {

using weft::fibers::Fiber;
using weft::fibers::spawn;

// An example, which finds one of them: who waits goes on once it is notified.
void wakes_up() {
  Mutex mutex;
  ConditionVariable changed;
  bool ready = false;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    std::lock_guard lock(mutex);
    while (!ready) changed.wait(mutex);
  });
  mutex.lock();
  ready = true;
  changed.notify_all();
  mutex.unlock();
  waiter.join();
}

}  // namespace

const Test tests[kTests] = {wakes_up};

}  // namespace lab
