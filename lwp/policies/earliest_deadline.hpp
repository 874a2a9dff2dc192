// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policies/heap.hpp"

namespace weft::lwp {

/// The earliest deadline first (Liu and Layland, "Scheduling Algorithms for Multiprogramming in a
/// Hard-Real-Time Environment", 1973): on one LWP, with preemption, no order meets a set of
/// deadlines that this one misses. Tasks without a deadline come last; equal ones take turns.
class EarliestDeadline final : public Policy {
  struct Earlier {
    static bool before(Task& a, Task& b) {
      return a.deadline() != b.deadline() ? a.deadline() < b.deadline() : heap_key(a) < heap_key(b);
    }
  };

 public:
  void ready(Task& task, Why) override {
    heap_key(task) = ++arrivals_;
    heap_.add(task);
  }

  Task* next() override { return heap_.take(); }

  void changed(Task& task) override {
    heap_.remove(task);
    heap_.add(task);
  }

  bool preempts(Task& newcomer, Task& running) override {
    return newcomer.deadline() < running.deadline();
  }

 private:
  TaskHeap<Earlier> heap_;
  std::int64_t arrivals_ = 0;
};

}  // namespace weft::lwp
