// SPDX-License-Identifier: BSL-1.0
// Keeps the processes of a server running (the layout `prefork`: W. R. Stevens, UNIX Network
// Programming, volume 1, chapter "Client/Server Design Alternatives"). The supervisor is one thread
// that serves nobody: it forks, hears who ended, and starts another in its place.
//
//   SIGTERM, SIGINT  all drain; the supervisor ends when the last has
//   SIGHUP           renews the processes: each old one drains when a new one serves in its place
//   SIGUSR1          goes on to each, which tells its counters
//   SIGQUIT          tells on standard error who runs
//
//        start           tells ready          SIGHUP, and the next one is ready
//   none ─────► starting ───────────► serving ──────────────────────────────────► leaving ─► gone
//    ▲             │ ends                │ ends
//    └─────────────┴─────────────────────┘  after a pause (back_off.hpp)
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "servers/layouts/back_off.hpp"

namespace weft::servers {

/// With it a process tells its supervisor that it serves.
class Readiness {
 public:
  explicit Readiness(os::Fd pipe) : pipe_(std::move(pipe)) {}
  /// Once.
  void tell();

 private:
  os::Fd pipe_;
};

struct Supervision {
  int processes = 2;
  BackOff::Times pauses;
  /// A process's work, in it; its result is the exit code. `number` counts from 1. SIGTERM, SIGINT
  /// and SIGUSR1 are blocked there: it takes them by os::signal_fd.
  std::function<int(int number, Readiness ready)> body;
  /// Every process serves, for the first time.
  std::function<void()> serving;
  /// A line for people, without its newline.
  std::function<void(const std::string& line)> say;
};

class Supervisor {
 public:
  /// REQUIRES that no other thread exists, also while run() lasts. Blocks the signals it takes.
  /// Throws std::system_error when the kernel gives no descriptor.
  explicit Supervisor(Supervision what);

  /// Until it was told to end and everybody has: 0, or the worst exit code. If a process ends
  /// before any has served, so does the supervisor, with its exit code.
  int run();

 private:
  // A process and what is known of it.
  struct Child {
    os::Process process;
    os::Nanos since = 0;
    bool serves = false;
  };
  // A place that one process at a time fills.
  struct Place {
    int number;
    BackOff back_off;
    std::optional<Child> now;
    std::optional<Child> next;  // takes the place of `now` when it serves
    os::Nanos starts_at = 0;    // the next process, not before
    bool renew = false;         // wants a `next`
  };

  bool start(std::optional<Child>& child, const Place& place);
  bool wants_one(const Place& place) const;
  void start_due();
  void hear_signals();
  void hear_readiness();
  void reap();
  void has_ended(Place& place, const Child& child, os::Exit exit);
  void begin_to_end();
  void renew();
  void show();
  template <class Visit>
  void each_child(Visit visit);
  bool somebody_lives();
  os::Nanos next_start() const;

  const Supervision what_;
  os::Fd signals_;
  os::Fd ready_, tells_ready_;  // a pipe: each process writes its PID into it
  os::Poller poller_;
  std::vector<Place> places_;
  std::list<Child> leaving_;
  bool ending_ = false, one_has_served_ = false, all_have_served_ = false;
  int worst_ = 0;
  std::uint64_t restarts_ = 0;
};

}  // namespace weft::servers
