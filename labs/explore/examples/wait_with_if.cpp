// SPDX-License-Identifier: BSL-1.0
// A bounded buffer of one whose taker waits with `if`. Between the call that wakes it and its turn
// another taker may come, and find what it was woken for. Hoare's condition variables would pass
// the lock on with the signal; everybody else's (Mesa's) only say that it may be worth a look.
//
//   ./weft explore labs/explore/examples/wait_with_if.cpp
#include <mutex>

#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"

using namespace weft::fibers;

void program() {
  Mutex mutex;
  ConditionVariable filled;
  weft::var<int> items = 0;

  auto take = [&] {
    std::unique_lock lock(mutex);
    if (items == 0) filled.wait(lock);  // the mend: while
    weft::check(items > 0, "there is something to take");
    --items;
  };
  auto put = [&] {
    std::unique_lock lock(mutex);
    ++items;
    filled.notify_one();
  };

  Fiber first = spawn({.name = "first"}, take);
  Fiber second = spawn({.name = "second"}, take);
  put();
  yield();
  put();
  first.join();
  second.join();
}
