// SPDX-License-Identifier: BSL-1.0
// One scenario, every mapping and engine.
#pragma once

#include <string>
#include <vector>

#include "fibers/fiber.hpp"
#include "fibers/runtime.hpp"
#include "tests/collector.hpp"
#include "tests/sanitized.hpp"

namespace weft::fibers::testing {

using weft::testing::Collector;

using weft::testing::kSanitized;
using weft::testing::kTsan;

inline std::string describe(const Config& c) {
  std::string text = std::string(name(c.mapping)) + ", " + std::string(name(c.engine));
  if (c.mapping == Mapping::many_to_many) text += ", " + std::to_string(c.lwps) + " LWPs";
  return text;
}

/// For a program of tests/programs.
inline std::string arguments(const std::string& scenario, const Config& c) {
  return scenario + " " + std::string(name(c.mapping)) + " " + std::string(name(c.engine)) + " " +
         std::to_string(c.lwps);
}

/// Boost.Fiber's switch tells the sanitizers nothing (Debian's Boost is not annotated), so its
/// engine is left out of sanitizer builds.
inline std::vector<Config> every_configuration() {
  std::vector<Config> all = {{.mapping = Mapping::many_to_one},
                             {.mapping = Mapping::many_to_many, .lwps = 2},
                             {.mapping = Mapping::many_to_many, .lwps = 4},
                             {.mapping = Mapping::one_to_one}};
  if (!kSanitized) {
    all.push_back({.mapping = Mapping::many_to_one, .engine = Engine::boost_fiber});
    all.push_back({.mapping = Mapping::many_to_many, .engine = Engine::boost_fiber, .lwps = 2});
  }
  return all;
}

inline Config preempting(int lwps, std::string policy = "fifo") {
  return {.mapping = Mapping::many_to_many,
          .lwps = lwps,
          .on_block = OnBlock::handoff,
          .preempt = os::kMillisecond,
          .policy = std::move(policy)};
}
/// Says why not. ThreadSanitizer hands a signal to the program only at its next call into libc.
inline bool can_preempt() {
  if (kTsan) return false;
  if (!os::has(os::Feature::membarrier)) WARN("SKIPPED: needs membarrier");
  return os::has(os::Feature::membarrier);
}

/// Runs `scenario(collector)` as the first fiber of one runtime.
template <class Scenario>
void run_under(const Config& config, Scenario&& scenario) {
  INFO(describe(config));
  Collector seen;
  Runtime runtime(config);
  runtime.run([&] { scenario(seen); });
  seen.drain();
}

template <class Scenario>
void run_everywhere(Scenario&& scenario) {
  for (const Config& config : every_configuration()) run_under(config, scenario);
}

/// True while the fiber of this runtime with that number is parked for that reason. What the dump
/// shows: a test that must know that a fiber waits yields until this says so.
inline bool waits_for(std::uint64_t id, std::string_view reason) {
  for (auto* t = current_engine().scheduler().all_tasks(); t != nullptr; t = t->all_next) {
    if (t->id() != id || !t->live.load(lwp::memory_order_acquire)) continue;
    auto token = t->token.load(lwp::memory_order_acquire);
    const char* what = t->waits_for.load(lwp::memory_order_relaxed);
    return (token == lwp::Task::kParked || token == lwp::Task::kTimedPark) && what != nullptr &&
           reason == what;
  }
  return false;
}

}  // namespace weft::fibers::testing
