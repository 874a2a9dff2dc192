// SPDX-License-Identifier: BSL-1.0
// How much CPU a request has used, and the means to make it use as much as asked.
//
// A request's CPU is the thread's own CPU time over the stretches in which the request ran, so that
// fibers sharing an LWP pay each for themselves and time off the CPU costs nothing. The asked total
// is spun off before the disk is read, but reading and sending still follow: that tail is estimated
// from the requests before (a moving average), so that totals come out right on average.
#pragma once

#include "lwp/atomic.hpp"
#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;

/// What requests usually use after their compute action; shared by all connections of a server.
class CpuTail {
 public:
  os::Nanos estimate() const { return average_.load(lwp::memory_order_relaxed); }
  void learn(os::Nanos tail) {
    // Two threads may overwrite each other's sample; an average survives that.
    os::Nanos before = estimate();
    average_.store(before + (tail - before) / 16, lwp::memory_order_relaxed);
  }

 private:
  lwp::atomic<os::Nanos> average_{20 * os::kMicrosecond};
};

/// One connection's account. Does nothing, and costs nothing, until enabled.
class CpuAccount {
 public:
  void enable(bool on) { on_ = on; }
  /// The request begins or goes on in this thread.
  void resume() {
    if (on_) since_ = os::thread_cpu();
  }
  /// It waits from here on.
  void pause() {
    if (on_) used_ += os::thread_cpu() - since_;
  }
  /// REQUIRES: resumed. Uses CPU until the request will have used `total`, tail included.
  void top_up(os::Nanos total, const CpuTail& tail);
  /// REQUIRES: resumed. The request has ended; the next one begins.
  void finish(CpuTail& tail);
  /// CPU of the last request finished.
  os::Nanos last() const { return last_; }

 private:
  os::Nanos used() const { return used_ + (os::thread_cpu() - since_); }
  bool on_ = false;
  bool topped_up_ = false;
  os::Nanos used_ = 0;
  os::Nanos since_ = 0;
  os::Nanos at_top_up_ = 0;
  os::Nanos last_ = 0;
};

}  // namespace weft::servers
