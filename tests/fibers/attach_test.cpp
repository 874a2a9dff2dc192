// SPDX-License-Identifier: BSL-1.0
// Plain kernel threads that take part.
#include "fibers/attach.hpp"

#include <mutex>

#include "fibers/barrier.hpp"
#include "fibers/local.hpp"
#include "fibers/scope.hpp"
#include "fibers/select.hpp"
#include "fibers/shared_mutex.hpp"
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::describe;
using testing::every_configuration;

/// Runs `main(world, seen)` as the main fiber and `thread(world, seen, number)` in attached
/// threads, with a new world for each configuration.
template <class World, class Main, class Thread>
void run_with_threads(int threads, Main&& main, Thread&& thread) {
  for (const Config& config : every_configuration()) {
    INFO(describe(config));
    Collector seen;
    World world;
    Semaphore attached(0);
    Runtime runtime(config);
    std::vector<os::Thread> all;
    for (int i = 0; i < threads; ++i) {
      all.emplace_back("plain", [&, i] {
        Attached here(runtime, "plain");
        attached.release();
        thread(world, seen, i);
      });
    }
    runtime.run([&] {
      {
        lwp::Outside outside(current_engine().scheduler());  // nobody else knows that they come
        for (int i = 0; i < threads; ++i) attached.acquire();
      }
      main(world, seen);
    });
    for (auto& t : all) t.join();
    seen.drain();
  }
}

TEST_CASE("Attached: threads and fibers share a mutex and a condition variable and a channel") {
  constexpr int kThreads = 2, kFibers = 3, kEach = 200;
  struct World {
    Mutex mutex;
    ConditionVariable changed;
    long count = 0;  // guarded by mutex
    Channel<int> channel{2};
    SharedMutex end;
    void add() {
      for (int i = 0; i < kEach; ++i) {
        {
          std::unique_lock lock(mutex);
          ++count;
        }
        changed.notify_all();
      }
    }
  };
  run_with_threads<World>(
      kThreads,
      [&](World& world, Collector& seen) {
        world.end.lock();
        std::vector<Fiber> fibers;
        for (int k = 0; k < kFibers; ++k) fibers.push_back(spawn([&] { world.add(); }));
        {
          std::unique_lock lock(world.mutex);
          world.changed.wait(lock, [&] { return world.count == (kThreads + kFibers) * kEach; });
        }
        long sum = 0;
        for (int i = 0; i < kThreads * kEach; ++i) sum += *world.channel.receive();
        seen.equal(sum, long{kThreads} * kEach * (kEach + 1) / 2, "sum");
        world.end.unlock();
      },
      [&](World& world, Collector& seen, int) {
        world.add();
        for (int i = 1; i <= kEach; ++i) seen.expect(world.channel.send(i), "sent");
        std::shared_lock lock(world.end);
      });
}

TEST_CASE("Attached: a thread spawns fibers and joins them and takes their exceptions") {
  struct World {
    Local<int> local;
  };
  run_with_threads<World>(
      2, [](World&, Collector&) {},
      [&](World& world, Collector& seen, int i) {
        *world.local = i + 1;
        long sum = 0;
        Mutex mutex;
        for (int round = 0; round < 20; ++round) {
          std::vector<Fiber> fibers;
          for (int k = 0; k < 5; ++k) {
            fibers.push_back(spawn({"child"}, [&] {
              yield();
              std::unique_lock lock(mutex);
              ++sum;
            }));
          }
        }
        seen.equal(sum, 100L, "children");
        std::string what;
        try {
          spawn([] { throw std::runtime_error("from a fiber"); }).join();
        } catch (const std::runtime_error& e) {
          what = e.what();
        }
        seen.expect(what == "from a fiber", "exception");
        Scope scope;
        scope.spawn([&](const std::stop_token& stop) { sleep_for(3600 * os::kSecond, stop); });
        scope.request_stop();
        scope.join();
        seen.equal(*world.local, i + 1, "own value");
        yield();
        os::Nanos deadline = os::now() + os::kMillisecond;
        sleep_until(deadline);
        seen.expect(os::now() >= deadline, "slept");
      });
}

TEST_CASE("Attached: threads come and go while fibers of one LWP use what they share") {
  for (const Config& config : every_configuration()) {
    INFO(describe(config));
    Collector seen;
    Runtime runtime(config);
    Mutex mutex;
    long count = 0;  // guarded by mutex
    constexpr int kComings = 30, kEach = 40, kFibers = 3;
    lwp::atomic<bool> gone{false};
    runtime.run([&] {
      os::Thread thread("comes and goes", [&] {
        for (int i = 0; i < kComings; ++i) {
          Attached here(runtime);
          for (int k = 0; k < kEach; ++k) {
            std::unique_lock lock(mutex);
            ++count;
          }
        }
        gone.store(true);
      });
      lwp::Outside outside(current_engine().scheduler());
      long mine = 0;
      Mutex sum_mutex;
      std::vector<Fiber> fibers;
      for (int f = 0; f < kFibers; ++f) {
        fibers.push_back(spawn([&] {
          long own = 0;
          while (!gone.load()) {
            for (int k = 0; k < 10; ++k) {
              std::unique_lock lock(mutex);
              ++count;
              ++own;
              if (k == 5) yield();
            }
            sleep_for(os::kMicrosecond);
          }
          std::unique_lock lock(sum_mutex);
          mine += own;
        }));
      }
      fibers.clear();
      seen.equal(count, mine + long{kComings} * kEach, "increments");
    });
    seen.drain();
  }
}

TEST_CASE("Attached: stop requests and select and barriers cross") {
  struct World {
    Barrier barrier{3};
    Channel<int> channel{0};
  };
  run_with_threads<World>(
      2,
      [&](World& world, Collector& seen) {
        for (int i = 0; i < 20; ++i) {
          std::optional<int> got;
          auto which = select(receive_from(world.channel, got), at_deadline(os::kNever));
          seen.expect(which == 0 && got == i, "received");
          world.barrier.arrive_and_wait();
        }
        std::stop_source stop;
        Fiber stopper = spawn([&] { stop.request_stop(); });
        seen.expect(!world.channel.receive(stop.get_token()), "stopped");
      },
      [&](World& world, Collector& seen, int i) {
        for (int k = 0; k < 20; ++k) {
          int value = k;
          if (i == 0) seen.equal(select(send_to(world.channel, value)), 0u, "sent");
          world.barrier.arrive_and_wait();
        }
      });
}

TEST_CASE("Attached: under a policy that donates a thread's unlock passes the mutex on") {
  Collector seen;
  Runtime runtime({.mapping = Mapping::many_to_many, .lwps = 1, .policy = "priority"});
  for (int round = 0; round < 20; ++round) {
    Mutex mutex;
    std::string order;  // guarded by mutex
    lwp::atomic<int> step{0};
    os::Thread plain("plain", [&] {
      Attached here(runtime, "plain");
      mutex.lock();
      step.store(1);
      while (step.load() < 3) os::yield_cpu();
      mutex.unlock();
      mutex.lock();
      order += "T";
      mutex.unlock();
    });
    runtime.run([&] {
      while (step.load() < 1) yield();
      Fiber waiter = spawn([&] {
        step.store(2);
        std::lock_guard lock(mutex);
        order += "W";
      });
      while (step.load() < 2) yield();
      step.store(3);  // the one LWP is back here: the waiter has parked
      waiter.join();
    });
    plain.join();
    seen.expect(order == "WT", "the thread does not overtake");
  }
  seen.drain();
}

// Who has ended a wait may be a little late with its unpark (lwp::wake). Meanwhile the block may
// belong to another fiber, made by a thread outside, that waits in the inbox for its first turn.
TEST_CASE("Attached: a late unpark does not lose a fiber that is about to be born") {
  Runtime runtime({.mapping = Mapping::many_to_many, .lwps = 1});
  lwp::atomic<bool> attached{false}, in_fiber{false}, ran{false};
  lwp::atomic<lwp::Task*> newborn{nullptr};
  os::Thread plain("plain", [&] {
    Attached here(runtime, "plain");
    attached.store(true);
    while (!in_fiber.load()) os::yield_cpu();
    Fiber f = spawn([&] { ran.store(true); });
    newborn.store(&f.block());
    f.join();
  });
  bool in_time = false;
  runtime.run([&] {
    while (!attached.load()) yield();
    in_fiber.store(true);
    while (newborn.load() == nullptr) {
    }
    {
      lwp::Core core;
      lwp::unpark(core.lwp(), *newborn.load());
    }
    const os::Nanos late = os::now() + 10 * os::kSecond;
    while (!ran.load() && os::now() < late) yield();
    in_time = ran.load();
    if (!in_time) std::abort();  // it never will: nobody could be joined
  });
  plain.join();
  CHECK(in_time);
}

}  // namespace
}  // namespace weft::fibers
