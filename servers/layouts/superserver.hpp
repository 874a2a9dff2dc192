// SPDX-License-Identifier: BSL-1.0
// Starts a process when a client comes, as inetd does (W. R. Stevens, UNIX Network Programming,
// volume 1, section 13.5). It is one thread, which holds the listener and serves nobody itself:
//
//   per-connection   ("nowait") it accepts; each connection has a process, which ends with it
//   on-demand        ("wait")   it does not accept; one process takes the listener, and ends when
//                    nobody came for a while; then it looks at the listener again
//
//   SIGTERM, SIGINT  all drain; it ends when the last has
//   SIGHUP           who serves drains; the next client has a new process
//   SIGUSR1          goes on to each, which tells its counters
//   SIGQUIT          tells on standard error who runs
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "servers/layouts/back_off.hpp"

namespace weft::servers {

struct Superservice {
  int listener = -1;        ///< stays the caller's
  int most = 1;             ///< processes at a time; further clients wait in the kernel's queue
  bool accepts = false;     ///< a connection for each; else one process at a time has the listener
  BackOff::Times pauses{};  ///< after a process with the listener died
  /// A process's work, in it; its result is the exit code. `number` counts from 1; `connection` is
  /// -1 unless `accepts`. SIGTERM, SIGINT and SIGUSR1 are blocked there: it takes them by
  /// os::signal_fd.
  std::function<int(std::uint64_t number, int connection)> body;
  /// A line for people, without its newline.
  std::function<void(const std::string& line)> say;
};

class Superserver {
 public:
  /// REQUIRES that no other thread exists, also while run() lasts. Blocks the signals it takes.
  /// Throws std::system_error when the kernel gives no descriptor.
  explicit Superserver(Superservice what);

  /// Until it was told to end and everybody has: 0, or the worst exit code of these ends.
  int run();

 private:
  struct Child {
    os::Process process;
    os::Nanos since;
  };

  bool looks() const;
  void look_or_not();
  void client_waits();
  void start(os::Fd connection);
  void hear_signals();
  void reap();
  void has_ended(const Child& child, os::Exit exit);
  void signal_all(int number);
  void show();

  const Superservice what_;
  os::Fd signals_;
  os::Poller poller_;
  bool watched_ = false;  // the listener is in the poller
  std::list<Child> children_;
  BackOff back_off_;
  os::Nanos not_before_ = 0;  // a next process
  bool ending_ = false;
  int worst_ = 0;
  std::uint64_t started_ = 0;
};

}  // namespace weft::servers
