// SPDX-License-Identifier: BSL-1.0
// A kernel thread of its own answers signals, so that a server whose every LWP is blocked still
// tells its counters and still ends. It is not metered: it only watches.
//
//   SIGTERM, SIGINT  drain: requests under way are answered, then the server ends; at the drain
//                    deadline, or at a second Ctrl-C, it ends at once, with exit status 1.
//                    `at_drain` is called first, and may not take long
//   SIGHUP           if it is taken: the access log begins a new file of its name
//   SIGUSR1          the counters as a line of JSON on standard output
//
// It also ends a server that nobody has used for a while (the layout `on-demand`).
#pragma once

#include "servers/server.hpp"

namespace weft::servers {

class Control {
 public:
  /// Blocks the signals in the calling thread and threads made later. Call before any is made.
  static Result<os::Fd> take_signals(bool hang_ups = false);

  struct Options {
    os::Nanos drain_time = 10 * os::kSecond;
    bool stats_at_end = false;
    os::Nanos idle_end = os::kNever;      ///< drains when no connection was open for so long
    std::function<void()> at_drain = {};  ///< is called first, and may not take long
  };
  Control(Server& server, os::Fd signals, Options options);
  /// REQUIRES: the server's run() has returned.
  ~Control();

 private:
  void watch();
  void drain();
  bool is_idle();
  void tell_counters();

  Server& server_;
  os::Fd signals_;
  const Options options_;
  // Of watch() alone:
  os::Nanos deadline_ = os::kNever;    // of draining
  os::Nanos idle_since_ = os::kNever;  // no connection is open
  std::uint64_t served_ = 0;           // connections when it looked last
  lwp::atomic<bool> ended_{false};     // pairs with watch()
  os::Poller poller_;
  os::Bell bell_;
  os::Thread thread_;
};

}  // namespace weft::servers
