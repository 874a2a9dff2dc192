// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstdint>

#include "lwp/policies/list.hpp"

namespace weft::lwp {

/// The multi-level feedback queue (Corbató et al., "An Experimental Time-Sharing System", 1962; the
/// rules as in Arpaci-Dusseau, "Operating Systems: Three Easy Pieces", ch. 8). A task begins at the
/// top. Once it has used the allotment of its level, in however many turns, it sinks by one; lower
/// levels have longer allotments and run only when those above are empty. All rise to the top every
/// kBoostEvery, so that nothing starves and a task that has changed its ways is seen.
class Feedback final : public Policy {
  static constexpr unsigned kLevels = 8;
  static constexpr Nanos kAllotment = 2'000'000;  // of the top; each level below has twice as much
  static constexpr Nanos kBoostEvery = 500'000'000;

  struct Data {
    Link link;
    Nanos used;  // of the allotment
    std::uint32_t boosts;
    std::uint32_t level;
  };

 public:
  static constexpr Traits kTraits{.clock = true};

  void ready(Task& task, Why why) override {
    Data& d = task.data<Data>();
    if (why == Why::created) d = {{}, 0, boosts_, 0};
    catch_up(d);
    levels_[d.level].push_back(task);
  }

  Task* next() override {
    for (auto& level : levels_) {
      if (Task* task = level.pop_front()) return task;
    }
    return nullptr;
  }

  void stopped(Task& task, How, Nanos ran) override {
    Data& d = task.data<Data>();
    catch_up(d);
    d.used += ran;
    while (d.used >= allotment(d.level)) {
      d.used -= allotment(d.level);
      if (d.level + 1 < kLevels) ++d.level;
    }
  }

  void tick(Nanos now) override {
    if (now < next_boost_) return;
    next_boost_ = now + kBoostEvery;
    ++boosts_;
    for (unsigned i = 1; i < kLevels; ++i) levels_[0].append(levels_[i]);
  }

  Nanos slice(Task& task) override {
    Data& d = task.data<Data>();
    catch_up(d);  // a boost moves the lists only
    return allotment(d.level) - d.used;
  }

  bool preempts(Task& newcomer, Task& running) override {
    Data& d = running.data<Data>();
    catch_up(d);
    return newcomer.data<Data>().level < d.level;
  }

 private:
  static Nanos allotment(unsigned level) { return kAllotment << level; }

  // A boost passes over the lists only; each task is told when it is next looked at.
  void catch_up(Data& d) {
    if (d.boosts == boosts_) return;
    d.boosts = boosts_;
    d.level = 0;
    d.used = 0;
  }

  std::array<TaskList, kLevels> levels_;
  std::uint32_t boosts_ = 0;
  Nanos next_boost_ = 0;
};

}  // namespace weft::lwp
