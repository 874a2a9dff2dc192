// SPDX-License-Identifier: BSL-1.0
// Priority inheritance: a task that owns what others wait for has the priority of the most urgent
// of them, along chains of owners (Sha, Rajkumar and Lehoczky, "Priority Inheritance Protocols",
// 1990). Kept only for a policy that hears of changes (Scheduler::donates), and only where somebody
// waits: an uncontended mutex does not come here.
//
//   waiter ── gives ──► Donation ── owner ──► task ── gives ──► Donation ── owner ──► …
//                           ▲                  │
//                           └──── receives ────┘   (a list: one for each that waits)
//
// INVARIANT, under the lock `donations` of the scheduler: a task's priority is the highest of its
// own and of those that donate to it. A change walks down the chain as far as it changes anything,
// so a cycle of owners (a deadlock) ends the walk, too.
//
// Tasks of other schedulers (a plain kernel thread) neither give nor receive.
#pragma once

#include "lwp/core.hpp"

namespace weft::lwp {

/// A task's wait for an object with an owner, on the waiting task's stack. Made before the object's
/// lock is dropped, and goes when the wait is over, however it ended.
/// Lock order: the object's, then `donations`, then a run queue's.
class Donation {
 public:
  /// REQUIRES core, and the object's lock. `donor` is the current task.
  Donation(Core& core, Task& donor, Task& owner, const void* object);
  ~Donation();
  Donation(const Donation&) = delete;

  /// `object` goes from `from` to `heir`, who waited for it: who still waits donates to the heir
  /// now, or to nobody if the heir is another scheduler's. Nothing is to do where from.receives is
  /// null. REQUIRES core, and the object's lock.
  static void pass_on(Lwp& l, Task& from, Task& heir, const void* object);
  /// Gives `task` another priority of its own. REQUIRES core.
  static void set_priority(Lwp& l, Task& task, int priority);

 private:
  struct Locked;
  void link(Task& owner);
  void unlink();
  static void refresh(Lwp& l, Task* task);

  Core& core_;
  Task& donor_;
  Task* owner_ = nullptr;  // null: it gives nothing
  const void* const object_;
  Donation* next_ = nullptr;  // in owner_->receives
};

}  // namespace weft::lwp
