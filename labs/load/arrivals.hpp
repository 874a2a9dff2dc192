// SPDX-License-Identifier: BSL-1.0
// When an open loop means to send: evenly, or as a Poisson process (exponential gaps, so that the
// arrivals of many independent people). The plan does not wait for answers; that is the point.
#pragma once

#include "labs/random.hpp"
#include "lwp/os.hpp"

namespace weft::labs::load {

class Arrivals {
 public:
  /// REQUIRES rate > 0, in arrivals a second.
  Arrivals(lwp::os::Nanos start, double rate, bool poisson, std::uint64_t seed)
      : random_(seed), gap_(1e9 / rate), poisson_(poisson), start_(start) {
    step();
  }
  lwp::os::Nanos next() const { return start_ + static_cast<lwp::os::Nanos>(offset_); }
  // The sum is kept in floating point: rounding each gap to a nanosecond would drift.
  void step() { offset_ += poisson_ ? random_.exponential(gap_) : gap_; }

 private:
  Random random_;
  double gap_, offset_ = 0;
  bool poisson_;
  lwp::os::Nanos start_;
};

}  // namespace weft::labs::load
