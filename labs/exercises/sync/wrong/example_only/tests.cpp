// SPDX-License-Identifier: BSL-1.0
// expect: sync.survivors
// Nothing but the example, which finds one.
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
