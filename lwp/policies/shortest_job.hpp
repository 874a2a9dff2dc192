// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policies/heap.hpp"

namespace weft::lwp {

/// The shortest job first: the order of the least mean waiting time (Smith, "Various Optimizers for
/// Single-Stage Production", 1956). The simulator knows how long a burst will be. Nobody else does:
/// the guess is the mean of the last burst and the guess before it (Silberschatz, "Operating System
/// Concepts", 5.3.2, with a = 1/2). The long ones may wait for ever, which is why only the
/// simulator runs it.
class ShortestJob final : public Policy {
 public:
  static constexpr Traits kTraits{.clock = true, .simulate_only = true};

  void ready(Task& task, Why why) override {
    if (why == Why::created) heap_key(task) = 0;
    if (task.next_burst() > 0) heap_key(task) = task.next_burst();
    heap_.add(task);
  }

  Task* next() override { return heap_.take(); }

  void stopped(Task& task, How how, Nanos) override {
    std::int64_t& guess = heap_key(task);
    if (how == How::parked) guess = (guess + task.slice_used()) / 2;
  }

 private:
  TaskHeap<> heap_;  // by the length guessed
};

}  // namespace weft::lwp
