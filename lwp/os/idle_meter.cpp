// SPDX-License-Identifier: BSL-1.0
// Counts the threads of this process that are awake (not asleep in the kernel through the seam).
// When the count falls to zero the core has nothing to run; if somebody could have run, that time
// is what a blocking call costs the others. A thread that is runnable but off the CPU counts as
// awake: then the core is busy with somebody else.
//
// The last thread to fall asleep opens an interval, the first to wake closes it. Both are one
// atomic step on `awake`, so an interval has one opener and one closer; the closer may come before
// the opener has written the interval's begin, and then waits for it.
#include <mutex>

#include "lwp/os.hpp"
#include "lwp/sanitizer.hpp"

namespace weft::lwp::os {
namespace {

struct Meter {
  atomic<bool> on{false};
  atomic<int> awake{1};  // the main thread
  std::function<std::size_t()> waiting;
  // The interval: guarded by `turn`, even = closed, odd = open.
  std::mutex guard;
  Nanos began = 0;  // 0: none open
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
  bool waits = m.waiting() > 0;
  Nanos began = now();
  std::lock_guard lock(m.guard);
  // Another thread may have woken meanwhile: then nothing is idle and no interval opens.
  if (m.awake.load(memory_order_acquire) != 0) return;
  m.began = began;
  m.somebody_waits = waits;
}

void wakes() {
  Meter& m = meter();
  if (m.awake.fetch_add(1, memory_order_acq_rel) != 0 || !m.on.load(memory_order_acquire)) return;
  Nanos ended = now();
  std::lock_guard lock(m.guard);
  if (m.began == 0) return;
  Nanos length = ended - m.began;
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
  if (metered()) falls_asleep();
}
}  // namespace detail

void meter_idle(std::function<std::size_t()> waiting) {
  Meter& m = meter();
  m.waiting = std::move(waiting);
  m.on.store(true, memory_order_release);
}

IdleReport idle_report() {
  Meter& m = meter();
  std::lock_guard lock(m.guard);
  return m.report;
}

void not_metered() {
  if (!metered()) return;
  stop_metering();
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
