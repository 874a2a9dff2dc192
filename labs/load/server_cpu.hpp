// SPDX-License-Identifier: BSL-1.0
// The CPU time of whoever listens on a port of this machine: of all processes that share the
// listener (a prefork server is several).
#pragma once

#include <vector>

#include "lwp/os.hpp"

namespace weft::labs::load {

class ServerCpu {
 public:
  /// Looks for processes of this user; finds none if the server is elsewhere or another user's.
  explicit ServerCpu(std::uint16_t port);
  bool known() const { return !processes_.empty(); }
  /// User and system time that they have used so far, in steps of 10 ms.
  lwp::os::Nanos used() const;

 private:
  std::vector<int> processes_;
};

}  // namespace weft::labs::load
