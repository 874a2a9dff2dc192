// SPDX-License-Identifier: BSL-1.0
// A scripted run: events as they would be read, with a clock of our own.
#pragma once

#include <string>
#include <utility>

#include "labs/trace/recording.hpp"
#include "lwp/task.hpp"

namespace weft::labs::trace::testing {

using lwp::os::kMillisecond;

class Script {
 public:
  Script() {
    r_.texts.emplace_back();
    r_.processes.emplace_back().number = 1;
  }
  std::uint32_t runtime(std::uint32_t number, const std::string& about) {
    r_.processes[0].runtimes.emplace_back(number, about);
    return number;
  }
  std::uint32_t lwp(std::uint32_t runtime, std::uint32_t number) {
    r_.places.push_back({.process = 0, .runtime = runtime, .lwp = number, .thread = 100 + number});
    return static_cast<std::uint32_t>(r_.places.size() - 1);
  }
  void processors(std::size_t n) { r_.processes[0].processors = n; }
  Script& at(Nanos t) {
    now_ = t;
    return *this;
  }
  Script& happens(std::uint32_t place, Kind kind, std::uint64_t first = 0, std::uint64_t second = 0,
                  const std::string& text = "", std::uint64_t third = 0) {
    Event e{.at = now_, .place = place, .kind = kind, .first = first, .second = second};
    e.third = third;
    if (!text.empty()) {
      e.text = static_cast<std::uint32_t>(r_.texts.size());
      r_.texts.push_back(text);
    }
    r_.events.push_back(e);
    return *this;
  }
  Recording take() {
    r_.began = r_.events.front().at;
    r_.ended = r_.events.back().at;
    r_.processes[0].events = r_.events.size();
    return std::move(r_);
  }

 private:
  Recording r_;
  Nanos now_ = 0;
};

inline constexpr std::uint64_t kWoken = static_cast<std::uint64_t>(lwp::Why::woken);
inline constexpr std::uint64_t kCreated = static_cast<std::uint64_t>(lwp::Why::created);

// Ten fibers on one LWP; one holds a mutex and reads for 312 ms.
inline Recording one_read_stops_ten() {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP, policy fifo, hold"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "main").happens(l, Kind::run, 1);
  for (std::uint64_t f = 2; f <= 11; ++f) {
    s.at(static_cast<Nanos>(f) * 100)
        .happens(l, Kind::create, f, 0, "worker-" + std::to_string(f - 1))
        .happens(l, Kind::ready, f, kCreated);
  }
  s.at(kMillisecond).happens(l, Kind::park, 8, 0, "join of fiber");
  s.happens(l, Kind::run, 8);
  s.happens(l, Kind::object, 0x1000, 0, "log");
  s.at(2 * kMillisecond).happens(l, Kind::acquire, 0x1000, 0, "mutex");
  s.at(3 * kMillisecond).happens(l, Kind::block, 0, 0, "read");
  s.at(315 * kMillisecond).happens(l, Kind::unblock);
  s.at(316 * kMillisecond).happens(l, Kind::yield);
  s.happens(l, Kind::run, 2);
  s.at(317 * kMillisecond).happens(l, Kind::park, 0x1000, 0, "mutex").happens(l, Kind::run, 8);
  s.at(319 * kMillisecond).happens(l, Kind::release, 0x1000, 0, "mutex");
  s.happens(l, Kind::ready, 2, kWoken).happens(l, Kind::done);
  s.at(320 * kMillisecond).happens(l, Kind::idle);
  return s.take();
}

}  // namespace weft::labs::trace::testing
