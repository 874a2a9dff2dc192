// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policies/draw_tree.hpp"

namespace weft::lwp {

/// Draws the next task by lot, with a chance in proportion to its tickets (Waldspurger and Weihl,
/// "Lottery Scheduling: Flexible Proportional-Share Resource Management", 1994). No task starves,
/// but none is promised a time.
class Lottery final : public Policy {
 public:
  explicit Lottery(std::uint64_t seed) : lots_(seed) {}

  void ready(Task& task, Why) override { tree_.add(task, task.tickets()); }

  Task* next() override {
    if (tree_.weight() == 0) return nullptr;
    Task& task = tree_.at_ticket(lots_.below(tree_.weight()));
    tree_.remove(task);
    return &task;
  }

  void changed(Task& task) override {
    tree_.remove(task);
    tree_.add(task, task.tickets());
  }

 private:
  DrawTree tree_;
  Lots lots_;
};

}  // namespace weft::lwp
