// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policy.hpp"

namespace weft::lwp {

/// First in, first out: tasks run in the order in which they became ready (round robin, for tasks
/// that yield). A list linked one way, because no switch is cheaper.
class Fifo final : public Policy {
 public:
  Fifo() = default;
  Fifo(const Fifo&) = delete;  // `end_` points into it
  static constexpr Traits kTraits{
      .bound = [](std::size_t ready) -> std::uint64_t { return ready; }};

  void ready(Task& task, Why) override {
    task.data<Task*>() = nullptr;
    *end_ = &task;
    end_ = &task.data<Task*>();
  }

  Task* next() override {
    Task* task = first_;
    if (task == nullptr) return nullptr;
    first_ = task->data<Task*>();
    if (first_ == nullptr) end_ = &first_;
    return task;
  }

 private:
  Task* first_ = nullptr;
  Task** end_ = &first_;  // where the next one is hung
};

}  // namespace weft::lwp
