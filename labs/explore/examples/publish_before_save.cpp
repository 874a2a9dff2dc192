// SPDX-License-Identifier: BSL-1.0
// A thread package whose yield puts the thread into the thread table before it has saved where the
// thread stands. Another LWP may take it from there at once, and runs what has been run already.
// Here a thread is a row of steps, and where it stands is a number.
//
//   ./weft explore labs/explore/examples/publish_before_save.cpp
#include <mutex>

#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"

using namespace weft::fibers;

namespace {

constexpr int kSteps = 2;

struct Thread {
  weft::var<int> saved = 0;  // the step to go on with
  int times_run[kSteps] = {};
};

class ThreadTable {
 public:
  void put(Thread& thread) {
    std::lock_guard lock(mutex_);
    ready_ = &thread;
  }
  Thread* take() {
    std::lock_guard lock(mutex_);
    return std::exchange(ready_, nullptr);
  }

 private:
  Mutex mutex_;
  Thread* ready_ = nullptr;
};

void dispatch(ThreadTable& table) {
  for (int turns = 0; turns < 2; ++turns) {
    Thread* thread = table.take();
    if (thread == nullptr) continue;
    const int step = thread->saved;
    if (step == kSteps) continue;
    weft::check(++thread->times_run[step] == 1, "each step is run once");
    table.put(*thread);
    thread->saved = step + 1;  // the mend: before put()
  }
}

}  // namespace

void program() {
  ThreadTable table;
  Thread thread;
  table.put(thread);
  Fiber one = spawn({.name = "LWP a"}, [&] { dispatch(table); });
  Fiber two = spawn({.name = "LWP b"}, [&] { dispatch(table); });
  one.join();
  two.join();
}
