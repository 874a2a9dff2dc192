// SPDX-License-Identifier: BSL-1.0
#include "servers/layouts/superserver.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "servers/layouts/keeping.hpp"

namespace weft::servers {
Superserver::Superserver(Superservice what)
    : what_(std::move(what)), signals_(take_keepers_signals()), back_off_(what_.pauses) {
  look_at(poller_, signals_);
}

int Superserver::run() {
  std::array<os::Poller::Ready, 2> ready;
  while (!ending_ || !children_.empty()) {
    look_or_not();
    const bool pauses = !ending_ && !looks() && not_before_ > os::now();
    const std::size_t n = poller_.wait(ready, pauses ? not_before_ : os::kNever);
    hear_signals();
    reap();
    const bool client = std::any_of(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(n),
                                    [&](const auto& r) { return r.tag == this; });
    if (client && looks()) client_waits();
  }
  return worst_;
}

bool Superserver::looks() const {
  return !ending_ && static_cast<int>(children_.size()) < what_.most && os::now() >= not_before_;
}

void Superserver::look_or_not() {
  if (looks() == watched_) return;
  if (watched_) {
    poller_.remove(what_.listener);
    watched_ = false;
  } else {
    constexpr auto kLevel = os::Poller::Trigger::level;
    watched_ = static_cast<bool>(poller_.add(what_.listener, os::kReadable, kLevel, this));
  }
}

void Superserver::client_waits() {
  if (!what_.accepts) return start({});
  auto connection = os::accept(what_.listener);
  if (connection) return start(std::move(*connection));
  // Whoever it was has gone again; or no descriptor is left, and one will be.
  if (connection.error() != EAGAIN) not_before_ = os::now() + back_off_.after(0);
}

void Superserver::start(os::Fd connection) {
  ++started_;
  auto process = begin_process(
      [&] {
        signals_.reset();
        return what_.body(started_, connection.get());
      },
      what_.say);
  if (!process) {
    not_before_ = os::now() + back_off_.after(0);
    what_.say(std::string("no process can be started: ") + std::strerror(process.error()));
    return;
  }
  children_.push_back({std::move(*process), os::now()});
}

void Superserver::reap() {
  const os::Nanos now = os::now();
  children_.remove_if([&](Child& child) {
    const auto exit = child.process.wait(now);
    if (exit) has_ended(child, *exit);
    return exit.has_value();
  });
}

void Superserver::has_ended(const Child& child, os::Exit exit) {
  if (!exit.signaled && exit.code == 0) return;
  if (ending_) {
    worst_ = std::max(worst_, badness(exit));
    return;
  }
  std::string text = "PID " + std::to_string(child.process.pid()) + " " + how(exit);
  if (what_.accepts) {
    text += ", and its connection with it";
  } else {
    // The client that waits would have the next one started at once, and the next.
    const os::Nanos pause = back_off_.after(os::now() - child.since);
    not_before_ = os::now() + pause;
    text += "; a client has another in " + spoken(pause) + " at the earliest";
  }
  what_.say(text);
}

void Superserver::signal_all(int number) {
  for (Child& child : children_) child.process.signal(number);
}

void Superserver::hear_signals() {
  while (const int signal = os::take_signal(signals_.get())) {
    switch (signal) {
      case SIGTERM:
      case SIGINT:
        signal_all(ending_ ? signal : SIGTERM);  // a second Ctrl-C: at once
        ending_ = true;
        break;
      case SIGHUP:
        if (!what_.accepts) signal_all(SIGTERM);
        what_.say("the next client has a new process");
        break;
      case SIGUSR1:
        signal_all(SIGUSR1);
        break;
      case SIGQUIT:
        show();
        break;
      default:  // SIGCHLD: run() has a look in any case
        break;
    }
  }
}

void Superserver::show() {
  what_.say("superserver, PID " + std::to_string(os::process_id()) + ": " +
            std::to_string(started_) + " processes started, " + std::to_string(children_.size()) +
            " run");
  for (const Child& child : children_) {
    what_.say("  PID " + std::to_string(child.process.pid()) + ", " +
              spoken(os::now() - child.since));
  }
}

}  // namespace weft::servers
