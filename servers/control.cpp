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

Control::Control(Server& server, os::Fd signals, Options options)
    : server_(server), signals_(std::move(signals)), options_(std::move(options)) {
  constexpr auto kLevel = os::Poller::Trigger::level;
  (void)poller_.add(signals_.get(), os::kReadable, kLevel, &signals_).error();
  (void)poller_.add(bell_.fd(), os::kReadable, kLevel, &bell_).error();
  thread_ = os::Thread("control", [this] { watch(); });
}

Control::~Control() {
  ended_.store(true, lwp::memory_order_release);
  bell_.ring();
  thread_.join();
  if (options_.stats_at_end) tell_counters();
}

void Control::tell_counters() {
  say(1, server_.counters_line());
}

// No connection is open, and none has come for idle_end.
bool Control::is_idle() {
  const os::Nanos now = os::now();
  const Counters& c = server_.counters();
  const bool used = c.open() > 0 || c.connections.get() != served_;
  if (used || idle_since_ == os::kNever) idle_since_ = now;
  served_ = c.connections.get();
  return now - idle_since_ >= options_.idle_end;
}

void Control::drain() {
  deadline_ = os::now() + options_.drain_time;
  if (options_.at_drain) options_.at_drain();
  server_.drain();
}

void Control::watch() {
  os::not_metered();
  std::array<os::Poller::Ready, 2> ready;
  while (!ended_.load(lwp::memory_order_acquire)) {
    const bool looks = options_.idle_end != os::kNever && deadline_ == os::kNever;
    poller_.wait(ready, looks ? os::now() + options_.idle_end / 4 : deadline_);
    if (looks && is_idle()) drain();
    while (int signal = os::take_signal(signals_.get())) {
      if (signal == SIGUSR1) {
        tell_counters();
      } else if (signal == SIGHUP) {
        server_.reopen_log();
      } else if (deadline_ == os::kNever) {
        drain();
      } else if (signal == SIGINT && os::now() > deadline_ - options_.drain_time + kTwice) {
        deadline_ = 0;
      }
    }
    if (os::now() >= deadline_ && !ended_.load(lwp::memory_order_acquire)) {
      say(2, "weft serve: requests were still under way when the time to drain had passed");
      if (options_.stats_at_end) tell_counters();
      os::exit_now(1);
    }
  }
}

}  // namespace weft::servers
