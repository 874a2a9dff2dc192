// SPDX-License-Identifier: BSL-1.0
// What sync.hpp gives, watched.
#pragma once

#include "fibers/park.hpp"
#include "lwp/arch.hpp"
#include "sync.hpp"

namespace stage {

namespace os = weft::lwp::os;
using weft::check;
using weft::fibers::Fiber;
using weft::fibers::sleep_for;
using weft::fibers::spawn;
using weft::fibers::yield;

inline constexpr os::Nanos kMillisecond = 1'000'000;

inline int parks = 0;
inline int false_alarms = 0;  // of the next parks, how many end at once for no reason
inline constexpr int kLwps = 64;
inline int held[kLwps] = {};  // SpinLocks, by os::thread_id()

inline weft::atomic<int> place{0};

/// A place where another LWP may go on.
inline void pass() {
  place.fetch_add(1);
}

/// Says who is inside: one at most, or the check fails.
struct Inside {
  bool somebody = false;

  void enter() {
    check(!somebody, "two-inside");
    somebody = true;
  }
  void leave() { somebody = false; }
  void visit() {
    enter();
    pass();
    leave();
  }
};

}  // namespace stage

namespace lab {

Handle self() {
  return weft::fibers::self();
}
void park() {
  stage::check(stage::held[stage::os::thread_id()] == 0, "parks-with-spinlock");
  ++stage::parks;
  if (stage::false_alarms > 0) {
    --stage::false_alarms;
    return stage::yield();
  }
  weft::fibers::park("told");
}
void unpark(Handle fiber) {
  stage::check(fiber != nullptr, "unparks-nobody");
  weft::fibers::unpark(fiber);
}

void SpinLock::lock() {
  const int me = stage::os::thread_id();
  stage::check(holder_ != me, "spins-on-itself");
  while (taken_.exchange(true)) weft::lwp::arch::pause();
  holder_ = me;
  ++stage::held[me];
}
void SpinLock::unlock() {
  const int me = stage::os::thread_id();
  stage::check(holder_ == me, "unlocks-anothers");
  --stage::held[me];
  holder_ = -1;
  taken_ = false;
}

Waiter::~Waiter() {
  stage::check(!queued_, "believes-park");
  looks_.fetch_add(1);
  alive_ = 0;
}
Handle Waiter::fiber() const {
  looks_.fetch_add(1);
  stage::check(alive_ == kAlive, "gone-waiter");
  return fiber_;
}

bool Queue::empty() const {
  touched_.get();
  return first_ == nullptr;
}
void Queue::put(Waiter& waiter) {
  touched_ = true;
  stage::check(waiter.alive_ == Waiter::kAlive, "gone-waiter");
  stage::check(!waiter.queued_, "in-two-queues");
  waiter.queued_ = true;
  waiter.next_ = nullptr;
  *last_ = &waiter;
  last_ = &waiter.next_;
}
Waiter* Queue::take() {
  touched_ = true;
  Waiter* const waiter = first_;
  if (waiter == nullptr) return nullptr;
  stage::check(waiter->alive_ == Waiter::kAlive, "gone-waiter");
  waiter->queued_ = false;
  first_ = waiter->next_;
  if (first_ == nullptr) last_ = &first_;
  return waiter;
}

}  // namespace lab
