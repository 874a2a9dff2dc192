// SPDX-License-Identifier: BSL-1.0
// A policy instance, the lock it is called under, and the accounts that are kept for it: one a
// runtime, the shared thread table, or one a permit (Traits::scope).
//
// A policy that asks for no more than ready and next is called directly. For one that is *watched*
// the clock is read and a task's time is accounted (run_queue.cpp); that costs a switch some 40 ns,
// and only under such a policy. Fifo, which most programs run, is even called by its own name:
// inlined, its queue is part of the switch.
#pragma once

#include <memory>

#include "lwp/lock.hpp"
#include "lwp/os.hpp"
#include "lwp/policies/fifo.hpp"
#include "lwp/policy.hpp"

namespace weft::lwp {

/// The turn of the task that runs under a permit. Its holder's.
struct Turn {
  Task* task = nullptr;  ///< null also once its time has been accounted
  Nanos began = 0;
  bool cut_off = false;  ///< it was taken from the task; written by who took the permit
  /// How long it may last, 0 as the program says; read by the sentinel.
  atomic<Nanos> slice{0};
};

struct alignas(64) RunQueue {
  /// `preempting`: the policy's time slices and preferences act.
  RunQueue(const PolicyType& t, std::uint64_t seed, bool preempting = false);

  /// Both REQUIRE the lock, unless one thread alone comes here (solo).
  /// True if the task of this turn should give way to the new one.
  bool offer(Turn& turn, Task& task, Why why) {
    if (fifo != nullptr) [[likely]] {
      fifo->ready(task, why);
    } else if (watched) {
      return offer_watched(turn, task, why);
    } else {
      policy->ready(task, why);
    }
    return false;
  }
  /// `how` the task of this turn leaves.
  Task* take(Turn& turn, How how) {
    if (fifo != nullptr) [[likely]]
      return fifo->next();
    if (watched) return take_watched(turn, how);
    return policy->next();
  }
  void add(int change) {
    size.store(size.load(memory_order_relaxed) + change, memory_order_relaxed);
  }

  /// The task of this turn has left: accounts for it, once. REQUIRES the lock.
  void account(Turn& turn, How how, Nanos now);
  /// Tells the policy that holds `task`, if one does. `locked`: whether queues need their locks.
  static void changed(Task& task, bool locked);

  Lock lock;                   // not taken in solo
  std::size_t index = 0;       // among those of the pool
  const bool slices, prefers;  // the policy is asked for slice(), and for preempts()
  const bool watched;
  const PolicyType type;
  std::unique_ptr<Policy> policy;
  Fifo* fifo = nullptr;         // the policy, if it is one
  atomic<std::size_t> size{0};  // ready tasks; written under lock

 private:
  bool offer_watched(Turn& turn, Task& task, Why why);
  Task* take_watched(Turn& turn, How how);
};

}  // namespace weft::lwp
