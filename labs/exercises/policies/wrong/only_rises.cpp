// SPDX-License-Identifier: BSL-1.0
// expect: policies.falls
// Moves a task up when it becomes more urgent, and never down.
#include <array>

#include "lwp/policies/list.hpp"

using namespace weft::lwp;

class MyPriority final : public Policy {
  struct Mine {
    Link link;
    int level;  // the list that it lies in
  };

 public:
  void ready(Task& task, Why why) override {
    const int level = task.priority();
    TaskList& list = levels_[static_cast<std::size_t>(level)];
    if (why == Why::preempted) {
      list.push_front(task);  // it has not had its turn
    } else {
      list.push_back(task);
    }
    task.data<Mine>().level = level;
  }

  Task* next() override {
    for (std::size_t level = levels_.size(); level-- > 0;) {
      if (Task* task = levels_[level].pop_front()) return task;
    }
    return nullptr;
  }

  bool preempts(Task& newcomer, Task& running) override {
    return newcomer.priority() > running.priority();
  }

  void changed(Task& task) override {
    if (task.priority() < task.data<Mine>().level) return;
    levels_[static_cast<std::size_t>(task.data<Mine>().level)].remove(task);
    ready(task, Why::woken);
  }

 private:
  std::array<TaskList, Task::kPriorities> levels_;
};

WEFT_POLICY(MyPriority)
