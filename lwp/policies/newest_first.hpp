// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policies/list.hpp"

namespace weft::lwp {

/// The task that became ready last runs first, so a tree of tasks is walked in depth: of a million
/// only those on the way down exist at once, and their stacks are warm. A queue for each permit;
/// who has nothing to do takes half of another's, the oldest, which are the largest subtrees
/// (Blumofe and Leiserson, "Scheduling Multithreaded Computations by Work Stealing", 1999, whose
/// bound on space needs this order). Those that yield wait behind all others, in turns.
///
/// It alone would starve the oldest for ever: every kOldestEvery-th turn is theirs. Seldom, because
/// each of those begins another subtree, and with it cold stacks.
class NewestFirst final : public Policy {
  static constexpr int kOldestEvery = 1021;

 public:
  static constexpr Traits kTraits{
      .scope = Scope::permit,
      .bound = [](std::size_t ready) -> std::uint64_t { return 2 * kOldestEvery * (ready + 1); }};

  void ready(Task& task, Why why) override {
    (why == Why::yielded || why == Why::slice_used ? yielded_ : others_).push_back(task);
  }

  Task* next() override {
    if (++turn_ == 2 * kOldestEvery) {
      turn_ = 0;
      if (!yielded_.empty()) return yielded_.pop_front();
    }
    if (others_.empty()) return yielded_.pop_front();
    return turn_ == kOldestEvery ? others_.pop_front() : others_.pop_back();
  }

  Task* steal(Policy& from) override {
    auto& victim = static_cast<NewestFirst&>(from);
    return victim.others_.empty() ? victim.yielded_.pop_front() : victim.others_.pop_front();
  }

 private:
  TaskList others_, yielded_;
  int turn_ = 0;
};

}  // namespace weft::lwp
