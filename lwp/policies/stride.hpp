// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policies/heap.hpp"

namespace weft::lwp {

/// Shares in proportion to tickets, without lots: each turn moves a task's pass on by its stride,
/// the inverse of its tickets, and the least pass is next (Waldspurger and Weihl, "Stride
/// Scheduling: Deterministic Proportional-Share Resource Management", 1995). A turn counts the same
/// however long it is. Who has slept does not save up turns: it comes back at the pass of now.
class Stride final : public Policy {
  static constexpr std::int64_t kStride1 = std::int64_t{1} << 24;
  static std::int64_t stride(const Task& task) { return kStride1 / task.tickets(); }

 public:
  void ready(Task& task, Why why) override {
    std::int64_t& pass = heap_key(task);
    if (why == Why::created) {
      pass = now_ + stride(task);
    } else if (pass < now_ || why == Why::stolen) {
      pass = now_;
    }
    heap_.add(task);
  }

  Task* next() override {
    Task* task = heap_.take();
    if (task == nullptr) return nullptr;
    std::int64_t& pass = heap_key(*task);
    now_ = pass;
    pass += stride(*task);
    return task;
  }

  // What is left of its way to its next turn shrinks or grows with the stride (section 3.2); here
  // the stride begins anew, which differs by less than one turn.
  void changed(Task& task) override {
    heap_.remove(task);
    heap_key(task) = now_ + stride(task);
    heap_.add(task);
  }

 private:
  TaskHeap<> heap_;       // by pass
  std::int64_t now_ = 0;  // the pass of the last turn
};

}  // namespace weft::lwp
