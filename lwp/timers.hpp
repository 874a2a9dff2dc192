// SPDX-License-Identifier: BSL-1.0
// Deadlines of waiters in a pairing heap (Fredman, Sedgewick, Sleator, Tarjan, 1986): insertion is
// O(1), and nodes live on the waiting tasks' stacks, so nothing is allocated. One heap for the
// whole runtime rather than one a permit: while a blocked LWP holds its permit, its sleepers must
// still be woken by the others.
//
// Not thread-safe: its owner locks.
#pragma once

#include "lwp/os.hpp"
#include "lwp/waiter.hpp"

namespace weft::lwp {

struct Timer {
  Timer(os::Nanos when, Waiter& w) : deadline(when), waiter(&w) {}

  const os::Nanos deadline;
  Waiter* const waiter;
  Timer* child = nullptr;    ///< first of this node's children
  Timer* sibling = nullptr;  ///< next child of the same parent
  Timer* back = nullptr;     ///< the sibling before it, or the parent if it is the first child
  bool armed = false;
};

class Timers {
 public:
  bool empty() const { return root_ == nullptr; }
  /// The earliest deadline, kNever if there is none.
  os::Nanos next() const { return root_ == nullptr ? os::kNever : root_->deadline; }
  void arm(Timer& t);
  /// Does nothing if it has gone off already.
  void disarm(Timer& t);
  /// Takes the earliest timer due at `now` whose waiter still waits and ends that wait. Returns
  /// the task to unpark, null when none is due.
  Task* expire(os::Nanos now);

 private:
  static Timer* meld(Timer* a, Timer* b);
  static Timer* meld_pairs(Timer* first);

  Timer* root_ = nullptr;
};

}  // namespace weft::lwp
