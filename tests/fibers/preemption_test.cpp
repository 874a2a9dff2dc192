// SPDX-License-Identifier: BSL-1.0
// Fibers that compute and never call into weft, where their LWPs are too few. Each loop here ends
// when another fiber has run, so without preemption it ends by `late`, and the check fails.
#include <atomic>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "fibers/fiber.hpp"
#include "fibers/scope.hpp"
#include "fibers/sync.hpp"
#include "lwp/policies/fifo.hpp"
#include "lwp/policy_table.hpp"
#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

constexpr os::Nanos kLate = 20 * os::kSecond;

/// Computes until `enough` returns true; false if that took too long.
template <class Enough>
bool compute_until(Enough&& enough) {
  const os::Nanos late = os::now() + kLate;
  while (!enough()) {
    if (os::now() > late) return false;
  }
  return true;
}

TEST_CASE("Preemption: fibers that never yield all come on, in turns") {
  if (!testing::can_preempt()) return;
  const int lwps = GENERATE(1, 2);
  const char* policy = GENERATE("fifo", "mlfq", "priority", "work-stealing", "stride");
  CAPTURE(lwps, policy);
  testing::run_under(testing::preempting(lwps, policy), [](testing::Collector& seen) {
    constexpr int kFibers = 5, kRounds = 3;
    lwp::atomic<int> turns[kFibers] = {};
    std::vector<Fiber> fibers;
    for (int me = 0; me < kFibers; ++me) {
      fibers.push_back(spawn([&, me] {
        for (int round = 1; round <= kRounds; ++round) {
          turns[me].store(round);
          seen.expect(compute_until([&] {
                        for (auto& turn : turns) {
                          if (turn.load() < round) return false;
                        }
                        return true;
                      }),
                      "all get as far as this one");
        }
      }));
    }
    for (Fiber& f : fibers) f.join();
  });
}

// What a policy hears of each task: how long it ran, and whether it was told so before the task
// became ready again.
struct Accounts final : lwp::Policy {
  static constexpr lwp::Traits kTraits{.clock = true};
  static inline std::map<std::uint64_t, lwp::Nanos> ran;
  static inline std::map<std::uint64_t, bool> queued;
  static inline int late = 0;

  void ready(lwp::Task& task, lwp::Why why) override {
    queued[task.id()] = true;
    queue.ready(task, why);
  }
  lwp::Task* next() override {
    lwp::Task* task = queue.next();
    if (task != nullptr) queued[task->id()] = false;
    return task;
  }
  void stopped(lwp::Task& task, lwp::How, lwp::Nanos time) override {
    ran[task.id()] += time;
    if (queued[task.id()]) ++late;
  }
  lwp::Nanos slice(lwp::Task&) override { return 2 * os::kMillisecond; }

  lwp::Fifo queue;
};

TEST_CASE("Preemption: a policy hears how long each ran, before it is ready again") {
  if (!testing::can_preempt()) return;
  static const bool added = (lwp::add_policy("accounts", lwp::policy_type<Accounts>()), true);
  REQUIRE(added);
  Accounts::ran.clear();
  Accounts::late = 0;
  constexpr os::Nanos kWork = 60 * os::kMillisecond;
  std::uint64_t hog = 0;
  testing::run_under(testing::preempting(1, "accounts"), [&](testing::Collector& seen) {
    bool done = false;
    auto computes = spawn([&] {
      hog = this_id();
      const os::Nanos began = os::thread_cpu();
      seen.expect(compute_until([&] { return os::thread_cpu() - began > kWork; }), "it computes");
      done = true;
    });
    auto yields = spawn([&] {
      while (!done) yield();
    });
    computes.join();
    yields.join();
  });
  CHECK(Accounts::ran[hog] > kWork / 2);
  CHECK(Accounts::late == 0);
}

TEST_CASE("Preemption: a sleeper wakes while the only LWP computes") {
  if (!testing::can_preempt()) return;
  testing::run_under(testing::preempting(1), [](testing::Collector& seen) {
    lwp::atomic<bool> woke{false};
    Fiber sleeper = spawn([&] {
      sleep_for(5 * os::kMillisecond);
      woke.store(true);
    });
    yield();
    seen.expect(compute_until([&] { return woke.load(); }), "it woke");
    sleeper.join();
  });
}

TEST_CASE("Preemption: a more urgent fiber goes before the next call of the one that woke it") {
  if (!testing::can_preempt()) return;
  const int lwps = GENERATE(1, 2);
  CAPTURE(lwps);
  testing::run_under(testing::preempting(lwps, "priority"), [lwps](testing::Collector& seen) {
    for (int round = 0; round < 20; ++round) {
      lwp::atomic<bool> ran{false};
      Fiber urgent = spawn({.priority = 60}, [&] { ran.store(true); });
      Mutex mutex;
      std::unique_lock lock(mutex);
      // With a second LWP it may only just have begun there.
      seen.expect(ran.load() || (lwps > 1 && compute_until([&] { return ran.load(); })), "it ran");
      lock.unlock();
      urgent.join();
    }
  });
}

TEST_CASE(
    "Preemption: a fiber may be stopped in malloc, in a handler, in core or about to enter it") {
  if (!testing::can_preempt()) return;
  const int lwps = GENERATE(1, 2);
  CAPTURE(lwps);
  testing::run_under(testing::preempting(lwps), [](testing::Collector& seen) {
    const os::Nanos end = os::now() + 150 * os::kMillisecond;
    Mutex mutex;
    int guarded = 0;
    std::atomic<int> rounds{0};
    Scope scope;
    for (int me = 0; me < 4; ++me) {
      scope.spawn([&, me] {
        for (int i = 0; os::now() < end; ++i) {
          errno = me;
          std::map<int, std::string> tree;
          for (int k = 0; k < 50; ++k) tree[k * 7919 % 101] = std::string(100, 'x');
          seen.expect(tree.size() == 50 && errno == me, "a tree and an errno of its own");
          try {
            throw i;
          } catch (int caught) {
            const os::Nanos until = os::now() + 10 * os::kMicrosecond;
            while (os::now() < until) {
            }
            seen.expect(caught == i && std::uncaught_exceptions() == 0, "exceptions of its own");
          }
          {
            std::lock_guard lock(mutex);
            ++guarded;
          }
          ++rounds;
        }
      });
    }
    scope.join();
    seen.expect(guarded == rounds.load(), "the mutex held");
  });
}

// More wait in the kernel for a lock than there are LWPs, and who holds it was stopped.
TEST_CASE("Preemption: a lock of the C library may be held by a stopped fiber") {
  if (!testing::can_preempt()) return;
  const int lwps = GENERATE(1, 2);
  Config config = testing::preempting(lwps);
  config.max_lwps = lwps + GENERATE(0, 1, 4);
  CAPTURE(lwps, config.max_lwps);
  testing::run_under(config, [](testing::Collector& seen) {
    std::mutex mutex;
    int guarded = 0;
    Scope scope;
    for (int me = 0; me < 20; ++me) {
      scope.spawn([&] {
        for (int i = 0; i < 3; ++i) {
          std::lock_guard lock(mutex);
          const os::Nanos until = os::now() + 3 * os::kMillisecond;
          while (os::now() < until) {
          }
          ++guarded;
        }
      });
    }
    scope.join();
    seen.expect(guarded == 60, "all had their turns");
  });
}

TEST_CASE("Preemption: a new LWP needs no memory that a stopped fiber could hold back") {
  if (!testing::can_preempt()) return;
  const char* lwps = GENERATE("1", "2");
  CAPTURE(lwps);
  weft::testing::Child child("preempt", lwps, "MALLOC_ARENA_MAX=1 exec ");
  const int code = child.end();
  CAPTURE(child.output());
  CHECK(code == 0);
  CHECK(child.output() == "done\n");
}

}  // namespace
}  // namespace weft::fibers
