// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

// kNever: no manual clock. Written by tests only, while nothing else runs.
atomic<Nanos> manual_time{kNever};

Nanos read_clock(clockid_t id) {
  timespec t;
  ::clock_gettime(id, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

}  // namespace

bool clock_is_manual() {
  return manual_time.load(memory_order_relaxed) != kNever;
}

Nanos now() {
  Nanos manual = manual_time.load(memory_order_relaxed);
  return manual == kNever ? read_clock(CLOCK_MONOTONIC) : manual;
}
Nanos wall_now() {
  return read_clock(CLOCK_REALTIME);
}
Nanos thread_cpu() {
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
Nanos process_cpu() {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

ManualClock::ManualClock(Nanos start) {
  manual_time.store(start, memory_order_seq_cst);
}
ManualClock::~ManualClock() {
  manual_time.store(kNever, memory_order_seq_cst);
}
void ManualClock::advance(Nanos by) {
  manual_time.fetch_add(by, memory_order_seq_cst);
  Alarm::ring_due();
}

}  // namespace weft::lwp::os
