// SPDX-License-Identifier: BSL-1.0
#include "fibers/park.hpp"

#include "lwp/core.hpp"

namespace weft::fibers {

Handle self() {
  lwp::Core core;
  return &core.task();
}

void park(const char* why) {
  lwp::Core core;
  (void)core.task();  // a thread of no runtime is told so
  core.lwp().scheduler->park(core, {why});
}

void unpark(Handle fiber) {
  lwp::Core core;
  lwp::unpark(core.lwp(), *fiber);
}

}  // namespace weft::fibers
