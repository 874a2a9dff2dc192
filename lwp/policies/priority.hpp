// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <bit>

#include "lwp/policies/list.hpp"

namespace weft::lwp {

/// The most urgent first, in turn among equals: a list for each level and a word that says which
/// have tasks, as in the real-time classes of POSIX (SCHED_FIFO). It makes no promise to the less
/// urgent.
///
/// A task that holds what a more urgent one waits for runs with that one's priority, along chains
/// of owners (Sha, Rajkumar and Lehoczky, "Priority Inheritance Protocols", 1990). The mechanism
/// keeps that account (lwp/donation.hpp); here it arrives as changed().
class Priority final : public Policy {
  struct Data {
    Link link;
    int level;
  };

 public:
  void ready(Task& task, Why why) override {
    int level = task.priority();
    if (why == Why::preempted) {
      levels_[level].push_front(task);  // it has not had its turn
    } else {
      levels_[level].push_back(task);
    }
    task.data<Data>().level = level;
    present_ |= bit(level);
  }

  Task* next() override {
    if (present_ == 0) return nullptr;
    int level = std::bit_width(present_) - 1;
    Task* task = levels_[level].pop_front();
    if (levels_[level].empty()) present_ &= ~bit(level);
    return task;
  }

  void changed(Task& task) override {
    int level = task.data<Data>().level;
    if (level == task.priority()) return;
    levels_[level].remove(task);
    if (levels_[level].empty()) present_ &= ~bit(level);
    ready(task, Why::woken);
  }

  bool preempts(Task& newcomer, Task& running) override {
    return newcomer.priority() > running.priority();
  }

 private:
  static std::uint64_t bit(int level) { return std::uint64_t{1} << level; }

  std::array<TaskList, Task::kPriorities> levels_;
  std::uint64_t present_ = 0;  // a bit for each level that has tasks
};

}  // namespace weft::lwp
