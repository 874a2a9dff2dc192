// SPDX-License-Identifier: BSL-1.0
#include "servers/layouts/supervisor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "servers/layouts/keeping.hpp"

namespace weft::servers {
namespace {

std::string named(int number, const os::Process& process) {
  return "process " + std::to_string(number) + " (PID " + std::to_string(process.pid()) + ")";
}

}  // namespace

void Readiness::tell() {
  const int self = os::process_id();  // so short a message is written whole, or not at all
  (void)os::write(pipe_.get(), std::as_bytes(std::span(&self, 1))).error();
  pipe_.reset();
}

Supervisor::Supervisor(Supervision what)
    : what_(std::move(what)), signals_(take_keepers_signals()) {
  constexpr bool kDoNotWait = true;
  auto ready = os::pipe(kDoNotWait);
  if (!ready) throw std::system_error(ready.error(), std::generic_category(), "pipe");
  ready_ = std::move((*ready)[0]);
  tells_ready_ = std::move((*ready)[1]);
  look_at(poller_, signals_);
  look_at(poller_, ready_);
  for (int number = 1; number <= what_.processes; ++number) {
    places_.push_back({.number = number, .back_off = BackOff(what_.pauses), .now = {}, .next = {}});
  }
}

template <class Visit>
void Supervisor::each_child(Visit visit) {
  for (Place& place : places_) {
    if (place.now) visit(*place.now);
    if (place.next) visit(*place.next);
  }
  for (Child& child : leaving_) visit(child);
}

bool Supervisor::somebody_lives() {
  bool out = false;
  each_child([&](Child&) { out = true; });
  return out;
}

int Supervisor::run() {
  std::array<os::Poller::Ready, 2> ready;
  while (!ending_ || somebody_lives()) {
    start_due();
    poller_.wait(ready, next_start());
    hear_signals();    // before ends: who ends later than we look sends another SIGCHLD
    hear_readiness();  // likewise: who served and then ended has served
    reap();
  }
  return worst_;
}

// ---- beginning ----

bool Supervisor::start(std::optional<Child>& child, const Place& place) {
  auto process = begin_process(
      [&] {
        signals_.reset();
        ready_.reset();
        return what_.body(place.number, Readiness(std::move(tells_ready_)));
      },
      what_.say);
  if (!process) {
    what_.say("process " + std::to_string(place.number) +
              " cannot be started: " + std::strerror(process.error()));
    return false;
  }
  child = Child{.process = std::move(*process), .since = os::now()};
  return true;
}

bool Supervisor::wants_one(const Place& place) const {
  if (ending_) return false;
  // What hinders one would hinder all: the first goes ahead, and says it once.
  if (!one_has_served_ && place.number > 1) return false;
  return !place.now || (place.renew && !place.next);
}

void Supervisor::start_due() {
  for (Place& place : places_) {
    if (!wants_one(place) || os::now() < place.starts_at) continue;
    if (start(place.now ? place.next : place.now, place)) {
      place.renew = false;
    } else {
      place.starts_at = os::now() + place.back_off.after(0);
    }
  }
}

os::Nanos Supervisor::next_start() const {
  os::Nanos next = os::kNever;
  for (const Place& place : places_) {
    if (wants_one(place)) next = std::min(next, place.starts_at);
  }
  return next;
}

void Supervisor::hear_readiness() {
  int pid = 0;
  while (auto got = os::read(ready_.get(), std::as_writable_bytes(std::span(&pid, 1)))) {
    if (*got != sizeof pid) break;
    one_has_served_ = true;
    for (Place& place : places_) {
      if (place.now && place.now->process.pid() == pid) place.now->serves = true;
      if (place.next && place.next->process.pid() == pid) {
        place.next->serves = true;
        if (place.now) {
          place.now->process.signal(SIGTERM);
          leaving_.push_back(std::move(*place.now));
        }
        place.now = std::move(place.next);
        place.next.reset();
      }
    }
  }
  if (all_have_served_ || ending_) return;
  for (const Place& place : places_) {
    if (!place.now || !place.now->serves) return;
  }
  all_have_served_ = true;
  what_.serving();
}

// ---- ending ----

void Supervisor::reap() {
  const os::Nanos now = os::now();
  auto ended = [&](Child& child) { return child.process.wait(now); };
  for (Place& place : places_) {
    for (auto* at : {&place.next, &place.now}) {
      if (!*at) continue;
      const auto exit = ended(**at);
      if (!exit) continue;
      const Child child = std::move(**at);
      at->reset();
      has_ended(place, child, *exit);
    }
    // Its old process has ended, and so the new one need not wait for that.
    if (!place.now && place.next) std::swap(place.now, place.next);
  }
  leaving_.remove_if([&](Child& child) {
    const auto exit = ended(child);
    if (exit) worst_ = std::max(worst_, badness(*exit));
    return exit.has_value();
  });
}

void Supervisor::has_ended(Place& place, const Child& child, os::Exit exit) {
  if (ending_) {
    worst_ = std::max(worst_, badness(exit));
    return;
  }
  if (!one_has_served_ && !exit.signaled && exit.code != 0) {
    worst_ = exit.code;  // it has said why; the next one would say the same
    begin_to_end();
    return;
  }
  const os::Nanos pause = place.back_off.after(os::now() - child.since);
  place.starts_at = os::now() + pause;
  ++restarts_;
  const bool replaced = place.now.has_value();  // a new one of a renewal; the old one serves on
  if (replaced) place.renew = true;
  what_.say(named(place.number, child.process) + " " + how(exit) + "; another starts in " +
            spoken(pause));
}

void Supervisor::begin_to_end() {
  ending_ = true;
  each_child([](Child& child) { child.process.signal(SIGTERM); });
}

// ---- signals ----

void Supervisor::hear_signals() {
  while (const int signal = os::take_signal(signals_.get())) {
    switch (signal) {
      case SIGTERM:
        begin_to_end();
        break;
      case SIGINT:
        if (ending_) {  // a second Ctrl-C: at once
          each_child([](Child& child) { child.process.signal(SIGINT); });
        } else {
          begin_to_end();
        }
        break;
      case SIGHUP:
        renew();
        break;
      case SIGUSR1:
        each_child([](Child& child) {
          if (child.serves) child.process.signal(SIGUSR1);
        });
        break;
      case SIGQUIT:
        show();
        break;
      default:  // SIGCHLD: run() has a look in any case
        break;
    }
  }
}

void Supervisor::renew() {
  if (ending_) return;
  for (Place& place : places_) {
    if (!place.now || place.next) continue;  // begins now, or is being renewed
    place.renew = true;
    place.starts_at = 0;
  }
  what_.say("renewing the processes");
}

void Supervisor::show() {
  what_.say("supervisor, PID " + std::to_string(os::process_id()) + ": " +
            std::to_string(restarts_) + " restarts");
  auto line = [&](int number, const Child& child, const char* state) {
    what_.say("  " + named(number, child.process) + " " + state + ", " +
              spoken(os::now() - child.since));
  };
  for (const Place& place : places_) {
    if (place.now) line(place.number, *place.now, place.now->serves ? "serves" : "starts");
    if (place.next) line(place.number, *place.next, "starts, to take the place of that");
    if (!place.now) {
      what_.say("  process " + std::to_string(place.number) + " starts in " +
                spoken(std::max<os::Nanos>(place.starts_at - os::now(), 0)));
    }
  }
  for (const Child& child : leaving_) {
    what_.say("  PID " + std::to_string(child.process.pid()) + " drains, " +
              spoken(os::now() - child.since));
  }
}

}  // namespace weft::servers
