// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/process_clock.hpp"

#include <ctime>

namespace weft::lwp::os {

Nanos process_cpu_of(int process) {
  clockid_t clock;
  timespec t{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return 0;
  return t.tv_sec * kSecond + t.tv_nsec;
}

}  // namespace weft::lwp::os
