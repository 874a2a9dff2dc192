// SPDX-License-Identifier: BSL-1.0
// What a fiber can own alone: a mutex, a shared mutex held exclusively. Owners and those that wait
// for them form a graph: fiber ──waits for──► object ──owned by──► fiber. A circle in it never
// ends, even while other fibers run. In debug builds (weft's own, with NDEBUG unset) each fiber
// that parks for good on such an object follows the arrows first; if they lead back to itself, the
// circle is printed and the process ends with 4, as for a deadlock of everybody.
//
// Only the last fiber of a circle can see it, so looking at the park is enough (Habermann's graph
// of resources with one unit each: a circle is necessary and sufficient). One lock orders all who
// look; the fast paths pay nothing.
#pragma once

#include "fibers/switch.hpp"

namespace weft::fibers {

struct Owned {
  explicit Owned(const char* what) : kind(what) {}
  Owned(const Owned&) = delete;

  const char* const kind;                  ///< "mutex", for the report and the dump
  lwp::atomic<lwp::Task*> owner{nullptr};  ///< written under the object's lock

  lwp::Task* owned_by() const { return owner.load(lwp::memory_order_relaxed); }
  void own(lwp::Task* task) { owner.store(task, lwp::memory_order_relaxed); }
};

/// While one lives, `self` waits for the object, and nothing but its owner can end that. Made after
/// the waiter is in the list and the lock is dropped. Reports a circle, and then does not return.
class WaitsForOwner {
 public:
  WaitsForOwner(lwp::Core& core, const Owned& object, bool for_good);
  ~WaitsForOwner();
  WaitsForOwner(const WaitsForOwner&) = delete;

 private:
  ControlBlock* self_ = nullptr;
};

}  // namespace weft::fibers
