// SPDX-License-Identifier: BSL-1.0
// expect: policies.boost
// The boost goes through the lists; who waits lies in none, and never hears of it.
#include <array>

#include "lwp/policies/list.hpp"

using namespace weft::lwp;

class MyFeedback final : public Policy {
  static constexpr int kLevels = 3;
  static constexpr Nanos kAllotment = 2'000'000;
  static constexpr Nanos kBoostEvery = 100'000'000;

  struct Mine {
    Link link;
    Nanos used;  // of the allotment of its level
    int level;
    int boosts;  // that it has heard of
  };
  static Mine& of(Task& task) { return task.data<Mine>(); }

 public:
  static constexpr Traits kTraits{.clock = true};

  void ready(Task& task, Why why) override {
    if (why == Why::created) of(task) = {{}, 0, 0, boosts_};
    hear_of_boosts(of(task));
    levels_[static_cast<std::size_t>(of(task).level)].push_back(task);
  }

  Task* next() override {
    for (TaskList& level : levels_) {
      if (Task* task = level.pop_front()) {
        hear_of_boosts(of(*task));
        return task;
      }
    }
    return nullptr;
  }

  void stopped(Task& task, How, Nanos ran) override {
    Mine& mine = of(task);
    hear_of_boosts(mine);
    mine.used += ran;
    if (mine.used < allotment(mine)) return;
    mine.used = 0;
    if (mine.level + 1 < kLevels) ++mine.level;
  }

  Nanos slice(Task& task) override { return allotment(of(task)) - of(task).used; }

  bool preempts(Task& newcomer, Task& running) override {
    return of(newcomer).level < of(running).level;
  }

  void tick(Nanos now) override {
    if (now < next_boost_) return;
    next_boost_ = now + kBoostEvery;
    for (auto& l : levels_)
      for (Task* t = l.first(); t; t = of(*t).link.after) {
        of(*t).level = 0;
        of(*t).used = 0;
      }
    for (std::size_t level = 1; level < levels_.size(); ++level) levels_[0].append(levels_[level]);
  }

 private:
  static Nanos allotment(const Mine& mine) { return kAllotment << mine.level; }

  // Who lay in no list at a boost, or was only moved, hears of it here.
  void hear_of_boosts(Mine& mine) const {
    return;
    mine.boosts = boosts_;
    mine.level = 0;
    mine.used = 0;
  }

  std::array<TaskList, kLevels> levels_;
  Nanos next_boost_ = 0;
  int boosts_ = 0;
};

WEFT_POLICY(MyFeedback)
