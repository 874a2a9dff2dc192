// SPDX-License-Identifier: BSL-1.0
// A task's wait for one thing, on the waiting task's own stack. Several may want to end it (a
// signal, a deadline); it is claimed by one compare-and-swap, once, and only the claimer unparks.
#pragma once

#include <cstdint>

#include "lwp/atomic.hpp"
#include "lwp/task.hpp"

namespace weft::lwp {

enum class Outcome : std::uint32_t { waiting, signaled, timed_out };

struct Waiter {
  explicit Waiter(Task& t) : task(&t) {}

  bool waiting() const { return outcome.load(memory_order_acquire) == Outcome::waiting; }
  /// True for the one caller that ends this wait. REQUIRES the lock of the list or of the timers:
  /// after it the waiter's stack may go away, so take `task` before.
  bool claim(Outcome how) {
    Outcome expected = Outcome::waiting;
    return outcome.compare_exchange_strong(expected, how, memory_order_acq_rel);
  }

  Task* const task;
  atomic<Outcome> outcome{Outcome::waiting};
  void* offer = nullptr;   ///< a channel's value or slot; guarded by the channel's lock
  Waiter* next = nullptr;  ///< guarded by the list's lock
  Waiter* before = nullptr;
  bool linked = false;
};

/// Waiters in the order in which they came. Guarded by the lock of whatever it belongs to.
class WaitList {
 public:
  bool empty() const { return first_ == nullptr; }

  void push(Waiter& w) {
    w.before = last_;
    w.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &w;
    last_ = &w;
    w.linked = true;
  }

  void remove(Waiter& w) {
    if (!w.linked) return;
    (w.before == nullptr ? first_ : w.before->next) = w.next;
    (w.next == nullptr ? last_ : w.next->before) = w.before;
    w.linked = false;
  }

  /// Ends the wait of the first that still waits; returns its task to unpark after the lock is
  /// dropped, null if there is none.
  Task* signal_first() {
    while (first_ != nullptr) {
      Waiter& w = *first_;
      remove(w);
      Task* task = w.task;
      if (w.claim(Outcome::signaled)) return task;
    }
    return nullptr;
  }

  /// Takes the first out, still waiting; null if there is none. Only where nothing else (no
  /// deadline) may end the wait: then the taker claims it after the lock is dropped.
  Waiter* take_first() {
    Waiter* w = first_;
    if (w == nullptr) return nullptr;
    remove(*w);
    w->next = nullptr;
    return w;
  }

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace weft::lwp
