// SPDX-License-Identifier: BSL-1.0
#include "servers/control.hpp"

#include <array>
#include <csignal>

namespace weft::servers {
namespace {

// Ctrl-C after this long is meant as a second one; nearer ones are one sent twice, by a terminal to
// the whole group and by a parent that passes it on.
constexpr os::Nanos kTwice = 300 * os::kMillisecond;

void say(int where, std::string text) {
  text += '\n';
  (void)os::write(where, as_bytes(text)).error();  // nobody may be listening any more
}

}  // namespace

Result<os::Fd> Control::take_signals(bool hang_ups) {
  constexpr std::array kSignals = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
  return os::signal_fd(std::span(kSignals).first(hang_ups ? 4 : 3));
}

Control::Control(Server& server, os::Fd signals, os::Nanos drain_time, bool stats_at_end)
    : server_(server),
      signals_(std::move(signals)),
      drain_time_(drain_time),
      stats_at_end_(stats_at_end) {
  constexpr auto kLevel = os::Poller::Trigger::level;
  (void)poller_.add(signals_.get(), os::kReadable, kLevel, &signals_).error();
  (void)poller_.add(bell_.fd(), os::kReadable, kLevel, &bell_).error();
  thread_ = os::Thread("control", [this] { watch(); });
}

Control::~Control() {
  ended_.store(true, lwp::memory_order_release);
  bell_.ring();
  thread_.join();
  if (stats_at_end_) tell_counters();
}

void Control::tell_counters() {
  say(1, server_.counters_line());
}

void Control::watch() {
  os::not_metered();
  os::Nanos deadline = os::kNever;
  std::array<os::Poller::Ready, 2> ready;
  while (!ended_.load(lwp::memory_order_acquire)) {
    poller_.wait(ready, deadline);
    while (int signal = os::take_signal(signals_.get())) {
      if (signal == SIGUSR1) {
        tell_counters();
      } else if (signal == SIGHUP) {
        server_.reopen_log();
      } else if (deadline == os::kNever) {
        deadline = os::now() + drain_time_;
        server_.drain();
      } else if (signal == SIGINT && os::now() > deadline - drain_time_ + kTwice) {
        deadline = 0;
      }
    }
    if (os::now() >= deadline && !ended_.load(lwp::memory_order_acquire)) {
      say(2, "weft serve: requests were still under way when the time to drain had passed");
      if (stats_at_end_) tell_counters();
      os::exit_now(1);
    }
  }
}

}  // namespace weft::servers
