// SPDX-License-Identifier: BSL-1.0
#include "servers/cpu_account.hpp"

namespace weft::servers {

void CpuAccount::top_up(os::Nanos total, const CpuTail& tail) {
  if (!on_) return;
  os::Nanos goal = total - tail.estimate();
  os::Nanos now = used();
  while (now < goal) {
    // A few microseconds between looks: reading the clock is a system call.
    volatile std::uint32_t sink = 0;
    for (int i = 0; i < 2000; ++i) sink = sink * 1664525u + 1013904223u;
    now = used();
  }
  at_top_up_ = now;
  topped_up_ = true;
}

void CpuAccount::finish(CpuTail& tail) {
  if (!on_) return;
  os::Nanos now = os::thread_cpu();
  last_ = used_ + (now - since_);
  if (topped_up_) tail.learn(last_ - at_top_up_);
  topped_up_ = false;
  used_ = 0;
  since_ = now;
}

}  // namespace weft::servers
