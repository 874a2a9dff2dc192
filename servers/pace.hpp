// SPDX-License-Identifier: BSL-1.0
// Whether a peer keeps up the least rate: a leaky bucket of time. Waiting for the peer fills it,
// each byte that the peer moves empties it by 1/rate, and whoever lets it overflow (grace) is too
// slow. So a peer may pause now and then, no rate is bought by having been fast once, and the time
// that a peer waits for us does not count.
#pragma once

#include <algorithm>
#include <utility>

#include "servers/limits.hpp"

namespace weft::servers {

class Pace {
 public:
  explicit Pace(const Limits& limits) : rate_(limits.rate), grace_(limits.grace) {}

  /// Another request begins.
  void begin() { behind_ = since_ = 0; }
  /// From now on we wait for the peer; until when, if it moves nothing.
  os::Nanos wait(os::Nanos now) {
    if (rate_ == 0) return os::kNever;
    since_ = now;
    return now + grace_ - behind_;
  }
  bool waits() const { return since_ != 0; }
  void waited(os::Nanos now) { behind_ += now - std::exchange(since_, 0); }
  void moved(std::size_t bytes) {
    if (rate_ == 0) return;
    const double time = static_cast<double>(bytes) * os::kSecond / static_cast<double>(rate_);
    behind_ = time < static_cast<double>(behind_) ? behind_ - static_cast<os::Nanos>(time) : 0;
  }
  bool too_slow() const { return behind_ >= grace_; }

 private:
  const std::uint64_t rate_;
  const os::Nanos grace_;
  os::Nanos behind_ = 0;  // a peer of exactly that rate
  os::Nanos since_ = 0;   // when we began to wait; 0: we do not
};

}  // namespace weft::servers
