// SPDX-License-Identifier: BSL-1.0
// A kernel thread of its own answers signals, so that a server whose every LWP is blocked still
// tells its counters and still ends. It is not metered: it only watches.
//
//   SIGTERM, SIGINT  drain: requests under way are answered, then the server ends; at the drain
//                    deadline, or at a second Ctrl-C, it ends at once, with exit status 1
//   SIGHUP           if it is taken: the access log begins a new file of its name
//   SIGUSR1          the counters as a line of JSON on standard output
#pragma once

#include "servers/server.hpp"

namespace weft::servers {

class Control {
 public:
  /// Blocks the signals in the calling thread and threads made later. Call before any is made.
  static Result<os::Fd> take_signals(bool hang_ups = false);

  Control(Server& server, os::Fd signals, os::Nanos drain_time, bool stats_at_end);
  /// REQUIRES: the server's run() has returned.
  ~Control();

 private:
  void watch();
  void tell_counters();

  Server& server_;
  os::Fd signals_;
  const os::Nanos drain_time_;
  const bool stats_at_end_;
  lwp::atomic<bool> ended_{false};  // pairs with watch()
  os::Poller poller_;
  os::Bell bell_;
  os::Thread thread_;
};

}  // namespace weft::servers
