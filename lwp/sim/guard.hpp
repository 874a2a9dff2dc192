// SPDX-License-Identifier: BSL-1.0
// Turns what would end the process, or never end, into a failed run: a crash, abort(), a
// computation that comes to no point. REQUIRES that the process has one kernel thread.
#pragma once

#include <memory>

namespace weft::lwp::sim {

class Guard {
 public:
  Guard();
  ~Guard();
  Guard(const Guard&) = delete;

 private:
  std::unique_ptr<char[]> stack_;  // of the handlers: a fiber's own may be what overflowed
};

}  // namespace weft::lwp::sim
