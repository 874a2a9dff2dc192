// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>

#include "lwp/policies/list.hpp"

namespace weft::lwp {

/// A queue for each permit, first in, first out, with a slot before it for the task that was made
/// ready last: it shares data with the task that made it ready, which the caches still hold. Who
/// has nothing to do takes half of another's queue, the oldest first (Blumofe and Leiserson,
/// "Scheduling Multithreaded Computations by Work Stealing", 1999; the slot is that of Go's
/// scheduler, `runnext`).
///
/// The slot's task is stolen last; and where it is the only one, the runtime leaves it to its owner
/// unless that stands still (lwp/stealing.cpp).
///
/// Two tasks that wake each other would keep the slot for ever: after kSlotTurns turns in a row it
/// yields to the queue once.
class WorkStealing final : public Policy {
  static constexpr int kSlotTurns = 8;

 public:
  static constexpr Traits kTraits{
      .scope = Scope::permit,
      .bound = [](std::size_t ready) -> std::uint64_t { return (kSlotTurns + 1) * (ready + 1); }};

  void ready(Task& task, Why why) override {
    if (why != Why::woken && why != Why::created) {
      queue_.push_back(task);
    } else if (Task* displaced = std::exchange(slot_, &task)) {
      queue_.push_back(*displaced);
    }
  }

  Task* next() override {
    if (slot_ != nullptr && (turns_ < kSlotTurns || queue_.empty())) {
      ++turns_;
      return std::exchange(slot_, nullptr);
    }
    turns_ = 0;
    return queue_.pop_front();
  }

  Task* steal(Policy& from) override {
    auto& victim = static_cast<WorkStealing&>(from);
    if (Task* task = victim.queue_.pop_front()) return task;
    return std::exchange(victim.slot_, nullptr);
  }

 private:
  TaskList queue_;
  Task* slot_ = nullptr;
  int turns_ = 0;  // of the slot, in a row
};

}  // namespace weft::lwp
