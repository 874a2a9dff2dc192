// SPDX-License-Identifier: BSL-1.0
// What others lose while an LWP is blocked. Nothing while every processor is busy with fibers: then
// who is ready waits for a processor, and would if no LWP were blocked.
#pragma once

#include <algorithm>
#include <vector>

#include "labs/trace/model.hpp"

namespace weft::labs::trace {

/// Of one runtime. Times never go back.
class Collateral {
 public:
  /// `processors` that its process may run on; 0: unknown.
  explicit Collateral(std::size_t processors) : processors_(processors) {}

  /// A fiber changes from one state to another.
  /// INVARIANT: every change of a fiber's present state is counted.
  template <class Charge>
  void changes(Nanos at, State was, State will, Charge&& charge) {
    if (was == will) return;
    settle(at, charge);
    ready_ += will == State::ready ? 1 : 0;
    ready_ -= was == State::ready ? 1 : 0;
    running_ += will == State::running ? 1 : 0;
    running_ -= was == State::running ? 1 : 0;
  }
  /// An LWP that has a permit begins to be blocked, or is not any more.
  template <class Charge>
  void blocked(Nanos at, std::uint32_t lwp, bool is, Charge&& charge) {
    settle(at, charge);
    std::erase(blocked_, lwp);
    if (is) blocked_.push_back(lwp);
  }

 private:
  // Calls charge(LWP, time) of each that keeps fibers waiting.
  template <class Charge>
  void settle(Nanos at, Charge&& charge) {
    const bool processor_free = processors_ == 0 || running_ < processors_;
    if (!blocked_.empty() && ready_ > 0 && processor_free && at > since_) {
      // A damaged file's times may be years.
      constexpr double kMost = 1e18;
      const auto each = static_cast<Nanos>(
          std::min(static_cast<double>(at - since_) * static_cast<double>(ready_) /
                       static_cast<double>(blocked_.size()),
                   kMost));
      for (std::uint32_t lwp : blocked_) charge(lwp, each);
    }
    since_ = std::max(since_, at);
  }

  std::size_t processors_, ready_ = 0, running_ = 0;
  std::vector<std::uint32_t> blocked_;  // LWPs that have a permit
  Nanos since_ = 0;
};

}  // namespace weft::labs::trace
