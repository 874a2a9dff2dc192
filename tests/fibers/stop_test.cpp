// SPDX-License-Identifier: BSL-1.0
// A stop request ends any wait: asked for before it, during it, and racing with what it waits for.
#include <functional>

#include "fibers/barrier.hpp"
#include "fibers/event.hpp"
#include "fibers/select.hpp"
#include "fibers/shared_mutex.hpp"
#include "fibers/sync.hpp"
#include "fibers/wait_group.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

/// One of everything, each in a state in which it must be waited for.
struct World {
  World() : full(1) {
    full.send(1);
    mutex.lock();
    shared.lock();
    phase = barrier.arrive();
    sleeper = spawn([this] { never.acquire(); });
  }
  ~World() {
    mutex.unlock();
    shared.unlock();
    never.release();
  }
  struct Wait {
    const char* reason;
    std::function<bool(const std::stop_token&)> wait;
  };
  // Run by another fiber than the one that made the world.
  std::vector<Wait> waits() {
    return {
        {"mutex", [this](auto& stop) { return mutex.lock(stop); }},
        {"shared mutex, to write", [this](auto& stop) { return shared.lock(stop); }},
        {"shared mutex, to read", [this](auto& stop) { return shared.lock_shared(stop); }},
        {"condition variable",
         [this](auto& stop) {
           std::unique_lock lock(of_condition);
           bool came = condition.wait(lock, stop, [] { return false; });
           return came || !lock.owns_lock();
         }},
        {"semaphore", [this](auto& stop) { return never.acquire(stop); }},
        {"channel receive", [this](auto& stop) { return empty.receive(stop).has_value(); }},
        {"channel send", [this](auto& stop) { return unread.send(7, stop); }},
        {"channel send", [this](auto& stop) { return full.send(7, stop); }},
        {"select",
         [this](auto& stop) {
           std::optional<int> into;
           int value = 7;
           return select(receive_from(empty, into), on_stop(stop), send_to(full, value)) != 1;
         }},
        {"latch", [this](auto& stop) { return latch.wait(stop); }},
        {"wait group", [this](auto& stop) { return group.wait(stop); }},
        {"event", [this](auto& stop) { return event.wait(stop); }},
        {"barrier", [this](auto& stop) { return barrier.wait(phase, stop); }},
        {"join of fiber", [this](auto& stop) { return sleeper.join_until(os::kNever, stop); }},
        {"sleep", [](auto& stop) { return sleep_for(3600 * os::kSecond, stop); }},
        {"semaphore",
         [this](auto& stop) { return never.acquire_until(os::now() + os::kSecond * 3600, stop); }},
    };
  }

  Mutex mutex, of_condition;
  SharedMutex shared;
  ConditionVariable condition;
  Semaphore never{0};
  Channel<int> empty{0}, unread{0}, full;
  Latch latch{1};
  WaitGroup group{1};
  Event event;
  Barrier barrier{2};
  Barrier::Phase phase;
  Fiber sleeper;
};

TEST_CASE("A stop requested before a wait ends it at once") {
  run_everywhere([](Collector& seen) {
    World world;
    std::stop_source stop;
    stop.request_stop();
    spawn([&] {
      for (auto& [reason, wait] : world.waits()) seen.expect(!wait(stop.get_token()), reason);
    }).join();
  });
}

TEST_CASE("A stop requested during a wait ends it") {
  run_everywhere([](Collector& seen) {
    World world;
    for (auto& [reason, wait] : world.waits()) {
      std::stop_source stop;
      bool came = true;
      Fiber waiter = spawn([&, &wait = wait] { came = wait(stop.get_token()); });
      while (!testing::waits_for(waiter.id(), reason)) yield();
      stop.request_stop();
      waiter.join();
      seen.expect(!came, reason);
    }
  });
}

TEST_CASE("A plain kernel thread may request the stop of many waits at once") {
  run_everywhere([](Collector& seen) {
    World world;
    std::stop_source stop;
    lwp::atomic<int> came{0};
    std::vector<Fiber> fibers;
    auto waits = world.waits();
    for (auto& [reason, wait] : waits) {
      fibers.push_back(
          spawn([&, &wait = wait] { came.fetch_add(wait(stop.get_token()) ? 1 : 0); }));
    }
    for (std::size_t i = 0; i < fibers.size(); ++i) {
      while (!testing::waits_for(fibers[i].id(), waits[i].reason)) yield();
    }
    // All fibers wait, and nothing in the runtime will wake them: the possible stop keeps it alive.
    os::Thread thread("stopper", [&] { stop.request_stop(); });
    fibers.clear();
    seen.equal(came.load(), 0, "came");
  });
}

TEST_CASE("A stop from a thread outside is heard while a fiber yields without end") {
  run_everywhere([](Collector& seen) {
    std::stop_source stop;
    Semaphore never(0);
    lwp::atomic<bool> heard{false};
    Fiber waits = spawn([&] {
      never.acquire(stop.get_token());
      heard.store(true);
    });
    while (!testing::waits_for(waits.id(), "semaphore")) yield();
    os::Thread outside("outside", [&] { stop.request_stop(); });
    os::Nanos patience = os::now() + 20 * os::kSecond;
    while (!heard.load() && os::now() < patience) yield();
    seen.expect(heard.load(), "heard");
  });
}

TEST_CASE("A stop that meets the wake-up: one of them wins and nothing is lost") {
  run_everywhere([](Collector& seen) {
    constexpr int kRounds = 300;
    Semaphore units(0);
    Channel<int> channel(0);
    int got = 0, sent = 0, received = 0;
    for (int i = 0; i < kRounds; ++i) {
      std::stop_source stop;
      Fiber acquirer = spawn([&] { got += units.acquire(stop.get_token()) ? 1 : 0; });
      Fiber receiver = spawn([&] { received += channel.receive(stop.get_token()) ? 1 : 0; });
      Fiber sender = spawn([&] { sent += channel.send(i, stop.get_token()) ? 1 : 0; });
      Fiber stopper = spawn([&] { stop.request_stop(); });
      if (i % 3 == 0) yield();
      units.release();
    }
    int left = 0;
    while (units.try_acquire()) ++left;
    seen.equal(got + left, kRounds, "units");
    seen.equal(received, sent, "what was sent was received");
  });
}

TEST_CASE("A wait that succeeds leaves no trace of its stop") {
  run_everywhere([](Collector& seen) {
    std::stop_source stop;
    Semaphore units(2);
    seen.expect(units.acquire(stop.get_token()), "there");
    stop.request_stop();
    seen.expect(units.acquire(stop.get_token()), "there, whatever the stop says");
    seen.expect(!units.acquire(stop.get_token()), "stopped");
    Fiber later = spawn([&] { units.release(); });
    units.acquire();
  });
}

}  // namespace
}  // namespace weft::fibers
