// SPDX-License-Identifier: BSL-1.0
// The measured part of a run: after the warm-up, for a while. An open loop's window is two points
// of the plan; a closed loop's begins and ends with an answer, so that it holds whole decks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "lwp/os.hpp"

namespace weft::labs::load {

class Window {
 public:
  using Nanos = lwp::os::Nanos;

  /// `whole` > 1 waits for a multiple of so many answers at both ends, each time for at most half
  /// of `duration`.
  Window(Nanos opens, Nanos duration, int whole, std::function<void()> begins,
         std::function<void()> ends)
      : opens_(opens),
        duration_(duration),
        patience_(whole > 1 ? duration / 2 : 0),
        whole_(static_cast<std::uint64_t>(std::max(whole, 1))),
        begins_(std::move(begins)),
        ends_(std::move(ends)) {}

  bool measuring() const { return phase_ == Phase::measuring; }
  bool ended() const { return phase_ == Phase::ended; }
  Nanos length() const { return end_ - begin_; }
  Nanos begins() const { return begin_; }
  Nanos ends() const { return end_; }
  /// True if `t` lies between the window's planned ends.
  bool plans(Nanos t) const { return t >= opens_ && t < opens_ + duration_; }

  /// Takes the clock's word: call it now and then.
  void look(Nanos t) {
    if (phase_ == Phase::before && t >= opens_ + patience_) begin(whole_ > 1 ? t : opens_);
    if (measuring() && t >= begin_ + duration_ + patience_)
      end(whole_ > 1 ? t : begin_ + duration_);
  }
  /// An answer came; those so far make `answers`.
  void answered(std::uint64_t answers, Nanos t) {
    if (whole_ == 1) return look(t);
    if (answers % whole_ != 0) return;
    if (phase_ == Phase::before && t >= opens_)
      begin(t);
    else if (measuring() && t >= begin_ + duration_)
      end(t);
  }
  /// Ends it early.
  void cut(Nanos t) {
    if (measuring()) end(t);
    phase_ = Phase::ended;
  }
  /// When look() has something to do next.
  Nanos next_look() const {
    if (ended()) return lwp::os::kNever;
    return (measuring() ? begin_ + duration_ : opens_) + patience_;
  }

 private:
  enum class Phase { before, measuring, ended };

  void begin(Nanos t) {
    phase_ = Phase::measuring;
    begin_ = end_ = t;
    if (begins_) begins_();
  }
  void end(Nanos t) {
    phase_ = Phase::ended;
    end_ = t;
    if (ends_) ends_();
  }

  Nanos opens_, duration_, patience_;
  std::uint64_t whole_;
  std::function<void()> begins_, ends_;
  Phase phase_ = Phase::before;
  Nanos begin_ = 0, end_ = 0;
};

}  // namespace weft::labs::load
