// SPDX-License-Identifier: BSL-1.0
// Priorities: the most urgent ready task runs; equals take turns. What is here now is one queue for
// all, first come, first served. Try it:  ./weft simulate --policy labs/mine/policies/priority.cpp
//   --workload labs/simulate/examples/priorities.txt
//
// A policy never allocates: what it has to remember of a task goes into the task's own bytes, as
// here the links of the list (lwp/policies/list.hpp). What a task can be asked: lwp/task.hpp.
#include "lwp/policies/list.hpp"

using namespace weft::lwp;

class MyPriority final : public Policy {
 public:
  // `task` can run. `why` tells whether it is new, was woken, has yielded or used up its slice
  // (then it had its turn), or was preempted (then it had not).
  void ready(Task& task, Why /*why*/) override { all_.push_back(task); }

  // Takes the task that runs next.
  Task* next() override { return all_.pop_front(); }

  // TODO: a list for each of Task::kPriorities levels; task.priority() says which.
  // TODO: bool preempts(Task& newcomer, Task& running): shall it take the CPU at once?
  // TODO: void changed(Task& task): the priority of a task that is queued here is another one now,
  //       because somebody more urgent waits for what it holds. weft lends a priority only under a
  //       policy that defines it, be it empty.

 private:
  TaskList all_;
};

WEFT_POLICY(MyPriority)
