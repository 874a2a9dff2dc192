// SPDX-License-Identifier: BSL-1.0
// The core section: the only place from which scheduling state and the state of primitives is
// touched. It makes two things cheap.
//
// 1. A permit can be taken from an LWP that the kernel has put to sleep, without an atomic
//    read-modify-write on the fast path: enter() writes in_core and then reads revoked; a revoker
//    writes revoked, makes every CPU pass a full fence (membarrier) and then reads in_core. One of
//    the two sees the other. So nobody loses a permit inside a policy or a primitive.
// 2. With one permit (solo) its holder is the only thread in core, so no locks are needed: other
//    threads leave a message in the pool's inbox instead.
//
// INVARIANT: inside core nothing is allocated and no lock of the C library is taken.
#pragma once

#include <cassert>

#include "lwp/lock.hpp"
#include "lwp/sanitizer.hpp"
#include "lwp/scheduler.hpp"

namespace weft::lwp {

inline void enter(Lwp& l) {
  assert(!l.in_core.load(memory_order_relaxed));  // it does not nest: leave() would end both
  l.in_core.store(true, memory_order_relaxed);
  compiler_fence();  // pairs with membarrier() in Pool::revoke
  while (l.revoked.load(memory_order_relaxed)) [[unlikely]] {
      l.in_core.store(false, memory_order_relaxed);
      l.scheduler->come_back(l);
      l.in_core.store(true, memory_order_relaxed);
      compiler_fence();
    }
  sanitizer::enter_core();
}

inline void leave(Lwp& l) {
  sanitizer::leave_core();
  compiler_fence();
  l.in_core.store(false, memory_order_relaxed);
}

/// Holds the core section. A function that takes a Core& must be called inside one.
class Core {
 public:
  Core() : lwp_(current()) { enter(*lwp_); }
  ~Core() { leave(*lwp_); }
  Core(const Core&) = delete;

  Lwp& lwp() const { return *lwp_; }
  Task& task() const {
    Task* t = lwp_->running.load(memory_order_relaxed);
    if (t == nullptr) [[unlikely]]
      no_task();
    return *t;
  }
  /// After a switch: the LWP on which the task goes on.
  void arrived(Lwp& l) { lwp_ = &l; }

 private:
  [[noreturn]] static void no_task();  // a plain kernel thread called what only a fiber may

  Lwp* lwp_;
};

/// The core section with the lock of one object; in solo the lock is not needed and not taken.
class Guard {
 public:
  explicit Guard(Lock& lock) : lock_(lock) { this->lock(); }
  ~Guard() {
    if (held_) unlock();
  }
  Guard(const Guard&) = delete;

  void lock() {
    if (!core.lwp().solo) lock_.lock();
    held_ = true;
  }
  void unlock() {
    held_ = false;
    if (!core.lwp().solo) lock_.unlock();
  }

  Core core;

 private:
  Lock& lock_;
  bool held_ = false;
};

/// Makes a parked task runnable, or remembers the call for its next park. Call it after the
/// object's lock is dropped.
/// REQUIRES core.
void unpark(Lwp& l, Task& task);

/// Parks the current task until `w` has ended or `deadline` has passed. Returns how it ended.
Outcome await(Core& core, Waiter& w, Reason why, os::Nanos deadline = os::kNever);

}  // namespace weft::lwp
