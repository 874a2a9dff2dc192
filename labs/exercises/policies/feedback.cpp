// SPDX-License-Identifier: BSL-1.0
// A multi-level feedback queue: it learns who computes and who waits.
//
// Its rules. A new task begins at the top level, 0. The highest level that is not empty runs;
// within a level, in turn: whoever becomes ready, for whatever reason, goes to the tail of its
// level. Who becomes ready above the level of the one that runs takes the CPU at once. A task may
// run kAllotment << level on its level, in however many turns; then it sinks by one. On the lowest
// level it begins another allotment. Every kBoostEvery all rise to the top, each with a new
// allotment.
#include <array>

#include "lwp/policies/list.hpp"

using namespace weft::lwp;

class MyFeedback final : public Policy {
  static constexpr int kLevels = 3;
  static constexpr Nanos kAllotment = 2'000'000;     // 2 ms at the top, then 4, then 8
  static constexpr Nanos kBoostEvery = 100'000'000;  // 100 ms

  // What it keeps in each task; 32 bytes at most, and the link first, for TaskList.
  struct Mine {
    Link link;
    Nanos used;  // of the allotment of its level
    int level;
  };
  static Mine& of(Task& task) { return task.data<Mine>(); }

 public:
  static constexpr Traits kTraits{.clock = true};

  void ready(Task& task, Why why) override {
    if (why == Why::created) of(task) = {{}, 0, 0};
    levels_[0].push_back(task);  // TODO: its own level's
  }

  Task* next() override {
    return levels_[0].pop_front();  // TODO: the highest level that is not empty
  }

  // It ran for `ran` and has left the CPU; ready() may follow.
  void stopped(Task& /*task*/, How, Nanos /*ran*/) override {
    // TODO: count; where the allotment is used up, one level down
  }

  // How long it may run before the clock stops it.
  Nanos slice(Task& /*task*/) override { return kAllotment; }  // TODO: what is left

  bool preempts(Task& /*newcomer*/, Task& /*running*/) override { return false; }  // TODO

  // Before each next(). The boost's time is right; the boost is missing. Tasks that do not lie in
  // a list now are in for it, too: they run, or wait for something.
  void tick(Nanos now) override {
    if (now < next_boost_) return;
    next_boost_ = now + kBoostEvery;
    // TODO
  }

 private:
  std::array<TaskList, kLevels> levels_;
  Nanos next_boost_ = 0;
};

WEFT_POLICY(MyFeedback)
