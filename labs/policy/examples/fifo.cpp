// SPDX-License-Identifier: BSL-1.0
// A scheduling policy in one file. Try it:  ./weft serve --policy labs/policy/examples/fifo.cpp
//
// Two functions make one: ready() is told who can run, next() says who does. Whatever a policy must
// remember of a task goes into the 32 bytes that each task keeps for it: a policy never allocates.
// What a task can be asked, and what else a policy may hear of, is in lwp/policy.hpp.
#include "lwp/policy.hpp"

using namespace weft::lwp;

class MyFifo final : public Policy {
 public:
  void ready(Task& task, Why) override {
    behind(task) = nullptr;
    (last_ == nullptr ? first_ : behind(*last_)) = &task;
    last_ = &task;
  }

  Task* next() override {
    Task* task = first_;
    if (task == nullptr) return nullptr;
    first_ = behind(*task);
    if (first_ == nullptr) last_ = nullptr;
    return task;
  }

 private:
  static Task*& behind(Task& task) { return task.data<Task*>(); }

  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

WEFT_POLICY(MyFifo)
