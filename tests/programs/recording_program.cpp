// SPDX-License-Identifier: BSL-1.0
// Recordings of runs that never were, the same each time, for the browser's tests:
//   program_recording one-read-stops|one-read-goes-on|handed-over|million FILE
//
// A story adds its events in any order; they are sorted by time and written by
// labs/trace/writer.hpp.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "labs/trace/writer.hpp"
#include "lwp/task.hpp"

using weft::lwp::Why;
using weft::lwp::os::kMicrosecond;
using weft::lwp::os::kMillisecond;
using weft::lwp::os::Nanos;
using Kind = weft::lwp::trace::Event;

namespace {

struct Event {
  Nanos at;
  Kind kind;
  std::vector<std::uint64_t> numbers;
  std::optional<std::string> text;
};

class Story {
 public:
  Story(unsigned lwps, const std::string& command, const std::string& about)
      : writer_(command), lwps_(lwps) {
    writer_.fact("event_ns=15");
    const auto runtime = writer_.runtime(about);
    for (unsigned i = 1; i <= lwps; ++i) places_.push_back(writer_.place(runtime, i));
  }
  void happens(unsigned lwp, Nanos at, Kind kind, std::vector<std::uint64_t> numbers = {}) {
    lwps_[lwp - 1].push_back({at, kind, std::move(numbers), {}});
  }
  void tells(unsigned lwp, Nanos at, Kind kind, std::vector<std::uint64_t> numbers,
             std::string text) {
    lwps_[lwp - 1].push_back({at, kind, std::move(numbers), std::move(text)});
  }
  /// The number of a string that events name.
  std::uint64_t string(const std::string& text) {
    const auto number = writer_.string(text);
    strings_ = std::max(strings_, static_cast<std::size_t>(number));
    return number;
  }
  void creates(unsigned lwp, Nanos at, std::uint64_t fiber, const std::string& name) {
    tells(lwp, at, Kind::create, {fiber}, name);
    makes_ready(lwp, at, fiber, Why::created);
  }
  void makes_ready(unsigned lwp, Nanos at, std::uint64_t fiber, Why why) {
    happens(lwp, at, Kind::ready, {fiber, static_cast<std::uint64_t>(why)});
  }
  std::size_t size() const {
    std::size_t n = 0;
    for (const auto& events : lwps_) n += events.size();
    return n;
  }

  /// Its first `most` events, those that tell of the process among them.
  bool write(const char* file, std::size_t most) {
    constexpr std::size_t kOfTheProcess = 3;  // command, cost, runtime
    most -= std::min(most, kOfTheProcess + strings_);
    std::vector<std::pair<const Event*, unsigned>> all;
    for (unsigned i = 0; i < lwps_.size(); ++i) {
      for (const Event& e : lwps_[i]) all.emplace_back(&e, i);
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.first->at < b.first->at; });
    all.resize(std::min(most, all.size()));
    for (const auto& [e, lwp] : all)
      writer_.write(places_[lwp], e->at, e->kind, e->numbers, e->text);
    std::ofstream out(file, std::ios::binary);
    out << writer_.bytes();
    return static_cast<bool>(out.flush());
  }

 private:
  weft::labs::trace::Writer writer_;
  std::vector<std::vector<Event>> lwps_;
  std::vector<std::size_t> places_;  // by LWP
  std::size_t strings_ = 0;
};

// ---- eight workers, of which one reads for 312 ms while it holds a mutex -----------------------

constexpr std::uint64_t kLog = 0x1000;

Story one_read(unsigned lwps) {
  Story s(lwps, "./golden",
          lwps == 1 ? "many-to-one, 1 LWP, policy fifo, hold"
                    : "many-to-many, " + std::to_string(lwps) + " LWPs, policy fifo, hold");
  s.tells(1, 0, Kind::object, {kLog}, "log");
  constexpr std::uint64_t kMain = 1, kWorkers = 8, kReader = 8;
  s.tells(1, 0, Kind::create, {kMain}, "main");
  s.happens(1, 0, Kind::run, {kMain});
  for (std::uint64_t f = 2; f < 2 + kWorkers; ++f) {
    s.creates(1, static_cast<Nanos>(f) * kMicrosecond, f, "worker-" + std::to_string(f - 1));
  }
  s.happens(1, kMillisecond, Kind::park, {s.string("join of fiber"), 2});
  // The reader on LWP 1.
  s.happens(1, kMillisecond, Kind::run, {kReader});
  s.happens(1, 2 * kMillisecond, Kind::acquire, {s.string("mutex"), kLog});
  s.happens(1, 3 * kMillisecond, Kind::block, {s.string("read")});
  s.happens(1, 315 * kMillisecond, Kind::unblock, {0});
  s.happens(1, 316 * kMillisecond, Kind::release, {s.string("mutex"), kLog});
  s.happens(1, 317 * kMillisecond, Kind::done);
  // The others take turns of 3 ms on the other LWPs, or on this one afterwards.
  std::vector<Nanos> free(lwps, kMillisecond);
  free[0] = 317 * kMillisecond;
  for (int turn = 0; turn < 40; ++turn) {
    for (std::uint64_t f = 2; f < 2 + kWorkers; ++f) {
      if (f == kReader) continue;
      const auto soonest = std::min_element(free.begin(), free.end());
      const auto lwp = static_cast<unsigned>(soonest - free.begin()) + 1;
      s.happens(lwp, *soonest, Kind::run, {f});
      *soonest += 3 * kMillisecond;
      s.happens(lwp, *soonest, turn < 39 ? Kind::yield : Kind::done);
    }
  }
  const Nanos end = *std::max_element(free.begin(), free.end());
  for (unsigned l = 1; l <= lwps; ++l) s.happens(l, end, Kind::idle);
  return s;
}

// ---- a mutex changes hands while one waits for it ----------------------------------------------
// "first" waits for a mutex that "second" holds, but soon "holder" does. Then "second" waits for
// one of "first": whoever forgets that the first mutex was handed over sees a circle.

Story handed_over() {
  constexpr std::uint64_t kMain = 1, kFirst = 2, kSecond = 3, kHolder = 4, kLog = 0x1000,
                          kTable = 0x2000;
  Story s(1, "./handed-over", "many-to-one, 1 LWP, policy fifo, hold");
  const std::uint64_t mutex = s.string("mutex");
  s.tells(1, 0, Kind::object, {kLog}, "log");
  s.tells(1, 0, Kind::object, {kTable}, "table");
  s.tells(1, 0, Kind::create, {kMain}, "main");
  s.happens(1, 0, Kind::run, {kMain});
  s.creates(1, 10, kFirst, "first");
  s.creates(1, 20, kSecond, "second");
  s.creates(1, 30, kHolder, "holder");
  s.happens(1, kMillisecond, Kind::park, {s.string("join of fiber"), kFirst});
  s.happens(1, kMillisecond, Kind::run, {kSecond});
  s.happens(1, 2 * kMillisecond, Kind::acquire, {mutex, kLog});
  s.happens(1, 2 * kMillisecond, Kind::yield);
  s.happens(1, 2 * kMillisecond, Kind::run, {kFirst});
  s.happens(1, 3 * kMillisecond, Kind::acquire, {mutex, kTable});
  s.happens(1, 3 * kMillisecond, Kind::park, {mutex, kLog});
  s.happens(1, 3 * kMillisecond, Kind::run, {kSecond});
  s.happens(1, 4 * kMillisecond, Kind::release, {mutex, kLog});
  s.happens(1, 4 * kMillisecond, Kind::park, {mutex, kTable});
  s.happens(1, 4 * kMillisecond, Kind::run, {kHolder});
  s.happens(1, 4 * kMillisecond, Kind::acquire, {mutex, kLog});
  s.happens(1, 90 * kMillisecond, Kind::release, {mutex, kLog});
  s.makes_ready(1, 90 * kMillisecond, kFirst, Why::woken);
  s.happens(1, 90 * kMillisecond, Kind::done);
  s.happens(1, 90 * kMillisecond, Kind::run, {kFirst});
  s.happens(1, 100 * kMillisecond, Kind::idle);
  return s;
}

// ---- a busy server: every kind of event, in an order that only looks like chance --------------

class Busy {
 public:
  static constexpr unsigned kLwps = 4;
  static constexpr std::uint64_t kFibers = 1200, kMutexes = 16, kFirstMutex = 0x7000;

  Busy() : s_(kLwps, "./busy-server", "many-to-many, 4 LWPs, policy fifo, hold"), free_(kLwps) {
    for (std::uint64_t m = 0; m < kMutexes; ++m) {
      s_.tells(1, 0, Kind::object, {kFirstMutex + m}, "table " + std::to_string(m));
    }
    s_.tells(1, 0, Kind::create, {1}, "main");
    s_.happens(1, 0, Kind::run, {1});
    for (std::uint64_t f = 2; f < 2 + kFibers; ++f) {
      const Nanos at = static_cast<Nanos>(f) * 200;
      s_.creates(1, at, f, (f % 8 == 0 ? "client-" : "worker-") + std::to_string(f));
      ready_.push({at, f});
      free_[0] = at + 100;
    }
    s_.happens(1, free_[0], Kind::park, {s_.string("join of fiber"), 2});
  }

  Story take(std::size_t events) {
    while (s_.size() < events + 10'000) turn();  // the last ones lie apart in time
    return std::move(s_);
  }

 private:
  struct Mutex {
    Nanos free = 0;
    unsigned lwp = 1;  // of the owner
  };
  using Ready = std::pair<Nanos, std::uint64_t>;  // since when, fiber

  Nanos between(Nanos least, Nanos most) {
    return least + static_cast<Nanos>(random_() % static_cast<std::uint64_t>(most - least));
  }
  bool once_in(unsigned n) { return random_() % n == 0; }

  // What one fiber does on the LWP that is free first, until it leaves it.
  void turn() {
    const auto soonest = std::min_element(free_.begin(), free_.end());
    const auto lwp = static_cast<unsigned>(soonest - free_.begin()) + 1;
    Nanos& now = *soonest;
    const auto [since, fiber] = ready_.top();
    ready_.pop();
    if (since > now) {
      s_.happens(lwp, now, Kind::idle);
      s_.happens(lwp, since, Kind::busy);
      now = since;
    }
    s_.happens(lwp, now, Kind::run, {fiber});
    const Nanos began = now;
    now += between(2, 12) * kMicrosecond;
    const bool waits = once_in(3) && !locks(lwp, fiber, now);
    if (!waits && once_in(60)) blocks(lwp, now, between(100, 3000) * kMicrosecond);
    if (!waits && once_in(4)) {
      s_.happens(lwp, began, Kind::begin, {s_.string("request"), ++flow_});
      s_.happens(lwp, now, Kind::end, {flow_});
    }
    if (once_in(500)) s_.happens(lwp, now, Kind::count, {s_.string("queue"), ready_.size()});
    if (once_in(40'000)) s_.tells(lwp, now, Kind::note, {}, "checkpoint");
    if (!waits) leaves(lwp, fiber, now);
    now += between(100, 900);
  }

  // False if the fiber waits for the mutex: its turn has ended.
  bool locks(unsigned lwp, std::uint64_t fiber, Nanos& now) {
    const std::uint64_t which = random_() % kMutexes, object = kFirstMutex + which;
    Mutex& mutex = mutexes_[which];
    const std::uint64_t kind = s_.string("mutex");
    if (mutex.free > now) {
      s_.happens(lwp, now, Kind::park, {kind, object});
      s_.makes_ready(mutex.lwp, mutex.free, fiber, Why::woken);
      ready_.push({mutex.free, fiber});
      return false;
    }
    s_.happens(lwp, now, Kind::acquire, {kind, object});
    now += between(2, 15) * kMicrosecond;
    if (once_in(200)) blocks(lwp, now, between(200, 900) * kMicrosecond);
    s_.happens(lwp, now, Kind::release, {kind, object});
    mutex = {now, lwp};
    return true;
  }

  void blocks(unsigned lwp, Nanos& now, Nanos time) {
    const char* calls[] = {"read", "fsync", "getaddrinfo"};
    s_.happens(lwp, now, Kind::block, {s_.string(calls[random_() % 3])});
    now += time;
    s_.happens(lwp, now, Kind::unblock, {0});
    now += kMicrosecond;
  }

  void leaves(unsigned lwp, std::uint64_t fiber, Nanos now) {
    if (once_in(4)) {
      s_.happens(lwp, now, Kind::yield);
      ready_.push({now, fiber});
      return;
    }
    const bool sleeps = once_in(2);
    const Nanos back = now + between(50, 16'000) * kMicrosecond;
    s_.happens(lwp, now, Kind::park,
               sleeps ? std::vector<std::uint64_t>{s_.string("sleep"), 0}
                      : std::vector<std::uint64_t>{s_.string("read fd"), 3 + fiber % 200});
    s_.happens(lwp, back, Kind::woken, {fiber, static_cast<std::uint64_t>(Why::woken)});
    ready_.push({back, fiber});
  }

  Story s_;
  std::mt19937_64 random_{20261128};
  std::vector<Nanos> free_;  // by LWP: from when on
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready_;
  Mutex mutexes_[kMutexes];
  std::uint64_t flow_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  bool good = false;
  if (what == "one-read-stops") good = one_read(1).write(argv[2], ~std::size_t{0});
  if (what == "one-read-goes-on") good = one_read(4).write(argv[2], ~std::size_t{0});
  if (what == "handed-over") good = handed_over().write(argv[2], ~std::size_t{0});
  if (what == "million") good = Busy().take(1'000'000).write(argv[2], 1'000'000);
  if (!good) std::fprintf(stderr, "usage: program_recording STORY FILE\n");
  return good ? 0 : 2;
}
