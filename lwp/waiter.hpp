// SPDX-License-Identifier: BSL-1.0
// A task's wait, on the waiting task's own stack. Several may want to end it: a signal, a deadline,
// a stop request, another case of a select. It is claimed once, and only the claimer unparks:
//
//   waiting ──► taken ──► signaled      by who has what it waits for, in two steps (below)
//      ├──────► timed_out               by its deadline
//      └──────► stopped                 by the waiting task itself, once its stop was requested:
//                                       stop callbacks only unpark
//
// Why two steps: a woken task may destroy the very object that woke it (a semaphore on its stack).
// So who signals takes the waiter under the object's lock, drops the lock, touches the object no
// more, and only then ends the wait. Nothing is left for the woken task to do under the lock.
//
// A select waits in several lists at once: a waiter in each, and one for the whole, which all of
// them claim.
#pragma once

#include <cstdint>
#include <stop_token>

#include "lwp/atomic.hpp"
#include "lwp/task.hpp"

namespace weft::lwp {

enum class Outcome : std::uint32_t { waiting, taken, signaled, timed_out, stopped };

struct Waiter {
  explicit Waiter(Task& t, const std::stop_token* s = nullptr) : task(&t), stop(s) {}
  /// One of several that are claimed as `all`.
  explicit Waiter(Waiter& all) : task(all.task), whole(&all) {}
  Waiter(const Waiter&) = delete;

  /// For the waiting task: true until its wait has ended.
  bool waiting() {
    Outcome now = outcome.load(memory_order_acquire);
    if (now == Outcome::waiting && stop != nullptr && stop->stop_requested()) [[unlikely]] {
      claim(Outcome::stopped);
      now = outcome.load(memory_order_acquire);
    }
    return now == Outcome::waiting || now == Outcome::taken;
  }
  /// True for the one caller that ends (or takes) this wait. REQUIRES the lock of the list or of
  /// the timers, or to be the waiting task. Unless `how` is taken the waiter's stack may go away
  /// with the lock, so read `task` before.
  bool claim(Outcome how) {
    Outcome expected = Outcome::waiting;
    return outcome.compare_exchange_strong(expected, how, memory_order_acq_rel);
  }
  /// Likewise, of the whole, and in one step of one thread if nobody else is in core (`alone`).
  bool take(bool alone) {
    if (!alone) return whole->claim(Outcome::taken);
    if (whole->outcome.load(memory_order_relaxed) != Outcome::waiting) return false;
    whole->outcome.store(Outcome::taken, memory_order_relaxed);
    return true;
  }

  Task* const task;
  Waiter* const whole = this;
  atomic<Outcome> outcome{Outcome::waiting};  ///< of the whole
  const std::stop_token* const stop = nullptr;
  void* offer = nullptr;     ///< what it brings, as its list understands it; under its lock
  Waiter* fired = nullptr;   ///< of the whole: the one that was taken; written by the taker
  Waiter* next = nullptr;    ///< guarded by the list's lock; once taken, the taker's
  Waiter* before = nullptr;  ///< guarded by the list's lock
  bool linked = false;       ///< guarded by the list's lock
};

/// Waiters in the order in which they came. Guarded by the lock of whatever it belongs to.
class WaitList {
 public:
  bool empty() const { return first_ == nullptr; }
  Waiter* first() const { return first_; }

  void push(Waiter& w) {
    w.before = last_;
    w.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &w;
    last_ = &w;
    w.linked = true;
  }

  /// Before all others: for one that has waited before.
  void push_front(Waiter& w) {
    w.before = nullptr;
    w.next = first_;
    (first_ == nullptr ? last_ : first_->before) = &w;
    first_ = &w;
    w.linked = true;
  }

  void remove(Waiter& w) {
    if (!w.linked) return;
    (w.before == nullptr ? first_ : w.before->next) = w.next;
    (w.next == nullptr ? last_ : w.next->before) = w.before;
    w.linked = false;
  }

  /// Takes the first that still waits out of the list, null if there is none. Its wait ends with
  /// wake(), after the lock is dropped.
  Waiter* take_first(bool alone) {
    while (first_ != nullptr) {
      Waiter& w = *first_;
      remove(w);
      if (w.take(alone)) {
        w.whole->fired = &w;
        w.next = nullptr;
        return &w;
      }
    }
    return nullptr;
  }

  /// All that still wait, as a chain in their order, followed by `rest`.
  Waiter* take_all(bool alone, Waiter* rest = nullptr) {
    Waiter* chain = rest;
    Waiter** end = &chain;
    while (Waiter* w = take_first(alone)) {
      w->next = rest;
      *end = w;
      end = &w->next;
    }
    return chain;
  }

  /// Ends the wait of the first that still waits in one step; returns its task to unpark after the
  /// lock is dropped, null if there is none. For waiters that take the lock once more.
  Task* signal_first() {
    while (first_ != nullptr) {
      Waiter& w = *first_;
      remove(w);
      Task* task = w.task;
      if (w.claim(Outcome::signaled)) return task;
    }
    return nullptr;
  }

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace weft::lwp
