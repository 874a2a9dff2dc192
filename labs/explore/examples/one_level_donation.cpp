// SPDX-License-Identifier: BSL-1.0
// Mutexes that lend the owner the priority of who waits for it, and stop there: the owner may
// itself wait for another. Then the last in the chain keeps its own low priority, and whatever lies
// between goes before the urgent one.
//
//   ./weft explore labs/explore/examples/one_level_donation.cpp
#include <algorithm>
#include <mutex>

#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"

using namespace weft::fibers;

namespace {

class LendingMutex;

struct Person {
  int priority;
  LendingMutex* waits_for = nullptr;
};

Mutex* table;  // guards all of it

class LendingMutex {
 public:
  void lock(Person& me) {
    std::unique_lock lock(*table);
    while (owner_ != nullptr) {
      me.waits_for = this;
      lend(me.priority);
      for (auto* m = this; m != nullptr && m->owner_ != nullptr; m = m->owner_->waits_for) {
        weft::check(m->owner_->priority >= me.priority,
                    "whoever the urgent one waits for is as urgent");
      }
      freed_.wait(lock);
    }
    me.waits_for = nullptr;
    owner_ = &me;
  }
  void unlock() {
    std::unique_lock lock(*table);
    owner_ = nullptr;
    freed_.notify_all();
  }

 private:
  void lend(int priority) {
    // The mend: go on with owner_->waits_for, as long as it is there and has an owner.
    owner_->priority = std::max(owner_->priority, priority);
  }

  Person* owner_ = nullptr;
  ConditionVariable freed_;
};

}  // namespace

void program() {
  Mutex its_table;
  table = &its_table;
  LendingMutex first, second;
  Person low{1}, middle{2}, urgent{3};

  Fiber a = spawn({.name = "low"}, [&] {
    first.lock(low);
    first.unlock();
  });
  Fiber b = spawn({.name = "middle"}, [&] {
    second.lock(middle);
    first.lock(middle);
    first.unlock();
    second.unlock();
  });
  Fiber c = spawn({.name = "urgent"}, [&] {
    second.lock(urgent);
    second.unlock();
  });
  a.join();
  b.join();
  c.join();
}
