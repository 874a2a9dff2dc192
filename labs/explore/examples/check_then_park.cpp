// SPDX-License-Identifier: BSL-1.0
// An event whose waiter looks whether it is set, and only then says that it waits. The setter may
// come in between: it finds nobody to wake, and the waiter sleeps for ever.
//
//   ./weft explore labs/explore/examples/check_then_park.cpp
#include "fibers/explore.hpp"
#include "fibers/park.hpp"

using namespace weft::fibers;

namespace {

class Event {
 public:
  void wait() {
    if (set_) return;
    waiter_ = self();
    park();  // the mend: while (!set_) park();
  }
  void set() {
    set_ = true;
    if (Handle waiter = waiter_) unpark(waiter);
  }

 private:
  weft::atomic<bool> set_{false};
  weft::atomic<Handle> waiter_{nullptr};
};

}  // namespace

void program() {
  Event event;
  Fiber waiter = spawn({.name = "waiter"}, [&] { event.wait(); });
  Fiber setter = spawn({.name = "setter"}, [&] { event.set(); });
  waiter.join();
  setter.join();
}
