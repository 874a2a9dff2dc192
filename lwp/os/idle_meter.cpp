// SPDX-License-Identifier: BSL-1.0
// Counts the threads of this process that are awake (not asleep in the kernel through the seam).
// When the count falls to zero the core has nothing to run; if somebody could have run, that time
// is what a blocking call costs the others. A thread that is runnable but off the CPU counts as
// awake: then the core is busy with somebody else.
//
// The last thread to fall asleep opens an interval, the first to wake closes it; who is which is
// decided by one atomic step on `awake`. An opener that is late looks again under the lock: if
// somebody has woken meanwhile nothing is idle, and if another has opened an interval since, that
// one stands. The clock is read under the lock, so no busy time is ever counted as idle.
#include <mutex>
#include <sched.h>

#include "lwp/os/kernel.hpp"
#include "lwp/sanitizer.hpp"

namespace weft::lwp::os {
namespace {

// Held for a few instructions. It must not sleep through the seam, which would meter itself.
class SpinLock {
 public:
  void lock() {
    while (taken_.exchange(true, memory_order_acquire)) ::sched_yield();
  }
  void unlock() { taken_.store(false, memory_order_release); }

 private:
  atomic<bool> taken_{false};
};

struct Meter {
  atomic<bool> on{false};
  atomic<int> awake{1};  // the main thread
  SpinLock guard;
  std::function<std::size_t()> waiting;  // guarded by guard, as all below
  Nanos began = 0;                       // of the open interval; 0: none is open
  bool somebody_waits = false;
  IdleReport report;
};

Meter& meter() {
  static Meter* m = new Meter;  // outlives every thread
  return *m;
}

thread_local int depth = 0;           // nested Asleep brackets count once
thread_local bool unmetered = false;  // this thread called not_metered()

// The thread-locals, out of TSan's sight.
WEFT_NO_TSAN bool outermost_begins() {
  return !unmetered && depth++ == 0;
}
WEFT_NO_TSAN bool outermost_ends() {
  return !unmetered && --depth == 0;
}
WEFT_NO_TSAN bool metered() {
  return !unmetered;
}
WEFT_NO_TSAN void stop_metering() {
  unmetered = true;
}

void falls_asleep() {
  Meter& m = meter();
  if (m.awake.fetch_sub(1, memory_order_acq_rel) != 1 || !m.on.load(memory_order_acquire)) return;
  NoInterrupt here;
  std::lock_guard lock(m.guard);
  if (m.awake.load(memory_order_acquire) != 0 || m.began != 0) return;
  m.somebody_waits = m.waiting != nullptr && m.waiting() > 0;
  m.began = now();
}

void wakes() {
  Meter& m = meter();
  if (m.awake.fetch_add(1, memory_order_acq_rel) != 0 || !m.on.load(memory_order_acquire)) return;
  NoInterrupt here;
  std::lock_guard lock(m.guard);
  if (m.began == 0) return;
  Nanos length = now() - m.began;
  m.began = 0;
  m.report.idle += length;
  if (!m.somebody_waits) return;
  m.report.idle_while_waiting += length;
  m.report.times_while_waiting += 1;
  if (length > m.report.longest_while_waiting) m.report.longest_while_waiting = length;
}

}  // namespace

namespace detail {
void thread_begins() {
  meter().awake.fetch_add(1, memory_order_acq_rel);
}
void thread_ends() {
  not_metered();
}
}  // namespace detail

void meter_idle(std::function<std::size_t()> waiting) {
  Meter& m = meter();
  NoInterrupt here;
  std::lock_guard lock(m.guard);
  m.waiting = std::move(waiting);
  m.on.store(true, memory_order_release);
}

IdleReport idle_report() {
  Meter& m = meter();
  NoInterrupt here;
  std::lock_guard lock(m.guard);
  IdleReport report = m.report;
  m.report.longest_while_waiting = 0;
  return report;
}

void not_metered() {
  if (!metered()) return;
  stop_metering();  // first, so that what asks who waits is not metered inside the lock
  falls_asleep();
}

// The out-of-line body reads the thread-local, so a fiber that moved between begin and end of a
// bracket would unbalance it: brackets never enclose a fiber switch.
Asleep::Asleep() {
  if (outermost_begins()) falls_asleep();
}
Asleep::~Asleep() {
  if (outermost_ends()) wakes();
}

}  // namespace weft::lwp::os
