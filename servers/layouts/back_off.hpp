// SPDX-License-Identifier: BSL-1.0
// How long to wait before a process that ended is started again: a little at first, twice as long
// each time, so that one that cannot live does not keep the machine busy with dying.
#pragma once

#include <algorithm>

#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;

class BackOff {
 public:
  struct Times {
    os::Nanos first = 100 * os::kMillisecond;
    os::Nanos longest = 5 * os::kSecond;
    os::Nanos sound = 10 * os::kSecond;  ///< who lived so long counts as sound: begin anew
  };
  explicit BackOff(const Times& times) : times_(times), next_(times.first) {}

  /// One has ended that lived for so long: the pause before the next one.
  os::Nanos after(os::Nanos lived) {
    if (lived >= times_.sound) next_ = times_.first;
    const os::Nanos pause = next_;
    next_ = std::min(2 * next_, times_.longest);
    return pause;
  }

 private:
  Times times_;
  os::Nanos next_;
};

}  // namespace weft::servers
