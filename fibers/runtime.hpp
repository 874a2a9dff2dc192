// SPDX-License-Identifier: BSL-1.0
// A Runtime runs fibers on LWPs until all of them have ended.
//
//   weft::fibers::Runtime runtime({.mapping = Mapping::many_to_many, .lwps = 4});
//   runtime.run([] { auto f = spawn([] { … }); f.join(); });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "fibers/config.hpp"
#include "lwp/episodes.hpp"

namespace weft::fibers {

/// Counters since the runtime began; read at any time, from any thread.
struct Stats {
  std::uint64_t spawned = 0;
  std::uint64_t switches = 0;        ///< fiber switches in user space; 0 for one-to-one
  std::uint64_t blocking_calls = 0;  ///< calls of blocking(f)
  std::int64_t blocked_ns = 0;       ///< time spent in them
  std::uint64_t ready_at_block = 0;  ///< fibers that were ready when such a call began, summed
  std::int64_t blocked_while_ready_ns = 0;  ///< time in calls that began while fibers were ready
  std::uint64_t ready_now = 0;              ///< fibers ready to run at this moment
  int lwps = 0;                             ///< kernel threads that run fibers now
  std::uint64_t preemptions = 0;            ///< fibers stopped while they computed
  std::uint64_t offloaded = 0;              ///< calls of blocking(f) that helper threads ran
  lwp::Episodes::Totals episodes;           ///< what blocked LWPs, announced or noticed
};

class Runtime {
 public:
  /// Throws std::invalid_argument with refuse()'s text if the configuration cannot run.
  explicit Runtime(Config config = {});
  ~Runtime();
  Runtime(const Runtime&) = delete;

  /// Runs `main` as the first fiber and returns when it and every fiber it left behind have ended;
  /// rethrows what `main` threw. The calling kernel thread becomes LWP 1 (on Boost.Fiber it only
  /// waits: a scheduler there stays with its thread for good). One run at a time. If no
  /// fiber can ever run again (a deadlock) every fiber is printed and the process exits with 4.
  void run(std::function<void()> main);

  const Config& config() const;
  class EngineBase& engine();
  Stats stats() const;
  /// The latest calls that blocked an LWP, oldest first (256 at most). At any time, any thread.
  std::vector<lwp::Episode> episodes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft::fibers
