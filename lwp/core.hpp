// SPDX-License-Identifier: BSL-1.0
// The core section: the only place from which scheduling state and the state of primitives is
// touched. It makes two things cheap.
//
// 1. A permit can be taken from an LWP that the kernel has put to sleep, without an atomic
//    read-modify-write on the fast path: enter() writes in_core and then reads revoked; a revoker
//    writes revoked, makes every CPU pass a full fence (membarrier) and then reads in_core. One of
//    the two sees the other. So nobody loses a permit inside a policy or a primitive.
// 2. With one permit (solo) its holder is the only thread in core, so no locks are needed: other
//    threads leave a message in the pool's inbox instead. Unless a plain kernel thread is attached
//    (fibers/attach.hpp): it is in core too, and the holder is not `alone` while it stays.
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
  compiler_fence();  // pairs with membarrier() in Pool::keep_out
  while (l.revoked.load(memory_order_relaxed)) [[unlikely]] {
      l.in_core.store(false, memory_order_release);
      l.scheduler->come_back(l);
      l.in_core.store(true, memory_order_relaxed);
      compiler_fence();
    }
  sanitizer::enter_core();
}

inline void leave(Lwp& l) {
  sanitizer::leave_core();
  l.in_core.store(false, memory_order_release);  // what was done in core, for who takes the permit
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

/// The lock of one object, held inside a core section; alone it is not needed and not taken.
class Locked {
 public:
  Locked(Core& core, Lock& lock) : section_(core), lock_(lock) { this->lock(); }
  ~Locked() {
    if (held_) unlock();
  }
  Locked(const Locked&) = delete;

  void lock() {
    if (!alone()) lock_.lock();
    held_ = true;
  }
  void unlock() {
    held_ = false;
    if (!alone()) lock_.unlock();
  }
  Core& section() { return section_; }
  Lwp& lwp() const { return section_.lwp(); }
  /// Nobody else is in core. Changes only while this LWP picks, so never while the lock is held.
  bool alone() const { return section_.lwp().alone; }

 private:
  Core& section_;
  Lock& lock_;
  bool held_ = false;
};

struct InCore {
  Core core;
};
/// The core section together with the lock of one object.
class Guard : public InCore, public Locked {
 public:
  explicit Guard(Lock& lock) : Locked(core, lock) {}
};

/// Makes a parked task runnable, or remembers the call for its next park. Call it after the
/// object's lock is dropped.
/// REQUIRES core.
void unpark(Lwp& l, Task& task);

/// Ends the waits of a chain of taken waiters and unparks their tasks. REQUIRES core, and that the
/// lock of the list they were taken from is dropped: the object may be gone with the first of them.
inline void wake(Lwp& l, Waiter* chain) {
  while (chain != nullptr) {
    Waiter* next = chain->next;
    Task& task = *chain->task;
    chain->whole->outcome.store(Outcome::signaled, memory_order_release);  // its stack may go
    unpark(l, task);
    chain = next;
  }
}

/// Parks the current task until `w` has ended or `deadline` has passed. Returns how it ended.
Outcome await(Core& core, Waiter& w, Reason why, os::Nanos deadline = os::kNever);

}  // namespace weft::lwp
