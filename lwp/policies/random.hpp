// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policies/draw_tree.hpp"

namespace weft::lwp {

/// Any of the ready tasks, each with the same chance. For tests: what holds under many seeds does
/// not hold by the order of a queue.
class RandomOrder final : public Policy {
 public:
  explicit RandomOrder(std::uint64_t seed) : lots_(seed) {}

  void ready(Task& task, Why) override { tree_.add(task, 1); }

  Task* next() override {
    if (tree_.weight() == 0) return nullptr;
    Task& task = tree_.at_ticket(lots_.below(tree_.weight()));
    tree_.remove(task);
    return &task;
  }

 private:
  DrawTree tree_;
  Lots lots_;
};

}  // namespace weft::lwp
