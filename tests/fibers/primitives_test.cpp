// SPDX-License-Identifier: BSL-1.0
// Shared mutex, latch, wait group, barrier, event; and the deadlines of all waits.
#include "fibers/barrier.hpp"
#include "fibers/channel.hpp"
#include "fibers/event.hpp"
#include "fibers/shared_mutex.hpp"
#include "fibers/sync.hpp"
#include "fibers/wait_group.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;
using testing::waits_for;

void until_waits(const Fiber& fiber, const char* reason) {
  while (!waits_for(fiber.id(), reason)) yield();
}

constexpr const char* kToRead = "shared mutex, to read";
constexpr const char* kToWrite = "shared mutex, to write";

TEST_CASE("Shared mutex: many read or one writes") {
  run_everywhere([](Collector& seen) {
    SharedMutex mutex;
    lwp::atomic<int> reading{0}, writing{0};
    long written = 0;  // guarded by mutex
    std::vector<Fiber> fibers;
    for (int k = 0; k < 6; ++k) {
      fibers.push_back(spawn([&, k] {
        for (int i = 0; i < 200; ++i) {
          if ((i + k) % 4 == 0) {
            std::unique_lock lock(mutex);
            seen.equal(writing.fetch_add(1) + reading.load(), 0, "others inside with a writer");
            ++written;
            if (i % 8 == 0) yield();
            writing.fetch_sub(1);
          } else {
            std::shared_lock lock(mutex);
            reading.fetch_add(1);
            if (i % 8 == 0) yield();
            seen.equal(writing.load(), 0, "a writer inside with readers");
            reading.fetch_sub(1);
          }
        }
      }));
    }
    fibers.clear();
    seen.equal(written, 6L * 50, "written");
    seen.expect(mutex.try_lock(), "free again");
    bool other = true;
    spawn([&] { other = mutex.try_lock_shared() || mutex.try_lock(); }).join();
    seen.expect(!other, "taken");
    mutex.unlock();
    seen.expect(mutex.try_lock_shared() && mutex.try_lock_shared() && !mutex.try_lock(), "shared");
    mutex.unlock_shared();
    mutex.unlock_shared();
  });
}

TEST_CASE("Shared mutex: in the order of arrival and readers together so no writer starves") {
  run_everywhere([](Collector& seen) {
    SharedMutex mutex;
    Mutex order_mutex;
    std::string order;  // guarded by order_mutex
    auto note = [&](char who) {
      std::unique_lock lock(order_mutex);
      order += who;
    };
    mutex.lock_shared();
    std::vector<Fiber> fibers;
    auto reader = [&](char name) {
      fibers.push_back(spawn([&, name] {
        std::shared_lock lock(mutex);
        note(name);
      }));
      until_waits(fibers.back(), kToRead);
    };
    auto writer = [&](char name) {
      fibers.push_back(spawn([&, name] {
        std::unique_lock lock(mutex);
        note(name);
      }));
      until_waits(fibers.back(), kToWrite);
    };
    writer('W');
    reader('r');
    reader('r');
    writer('X');
    reader('s');
    seen.expect(order.empty(), "a reader came after a writer, and waits behind it");
    mutex.unlock_shared();
    fibers.clear();
    seen.expect(order == "WrrXs", "order " + order);
  });
}

TEST_CASE("Shared mutex: when a writer's patience ends the readers behind it come in") {
  run_everywhere([](Collector& seen) {
    SharedMutex mutex;
    mutex.lock_shared();
    std::stop_source stop;
    bool locked = true;
    Fiber writer = spawn([&] { locked = mutex.lock(stop.get_token()); });
    until_waits(writer, kToWrite);
    Fiber reader = spawn([&] { std::shared_lock lock(mutex); });
    until_waits(reader, kToRead);
    stop.request_stop();
    reader.join();
    writer.join();
    seen.expect(!locked, "stopped");
    mutex.unlock_shared();
    seen.expect(mutex.try_lock(), "free");
    mutex.unlock();
  });
}

TEST_CASE("Latch and wait group: waits end at zero and the group counts again") {
  run_everywhere([](Collector& seen) {
    Latch latch(3);
    WaitGroup group;
    lwp::atomic<int> passed{0};
    std::vector<Fiber> fibers;
    for (int k = 0; k < 4; ++k) {
      group.add();
      fibers.push_back(spawn([&] {
        latch.wait();
        passed.fetch_add(1);
        group.done();
      }));
      until_waits(fibers.back(), "latch");
    }
    latch.count_down(2);
    seen.expect(!latch.try_wait() && !group.try_wait(), "not yet");
    seen.equal(passed.load(), 0, "passed");
    latch.arrive_and_wait();
    group.wait();
    seen.equal(passed.load(), 4, "passed");
    latch.wait();  // for good
    fibers.clear();
    for (int round = 0; round < 20; ++round) {
      group.add(3);
      for (int i = 0; i < 3; ++i) spawn([&] { group.done(); }).detach();
      group.wait();
    }
    seen.expect(group.try_wait(), "zero");
  });
}

TEST_CASE("Barrier: phase by phase with a completion each and members who leave") {
  run_everywhere([](Collector& seen) {
    constexpr int kMembers = 4, kPhases = 30;
    lwp::atomic<int> arrived{0};
    int completed = 0;  // touched by the last to arrive only
    Barrier barrier(kMembers, [&] {
      int members = completed < kPhases ? kMembers : kMembers - 1;
      seen.equal(arrived.exchange(0), members, "all have arrived");
      ++completed;
    });
    std::vector<Fiber> fibers;
    for (int k = 0; k < kMembers; ++k) {
      fibers.push_back(spawn([&, k] {
        for (int phase = 0; phase < kPhases; ++phase) {
          arrived.fetch_add(1);
          barrier.arrive_and_wait();
          seen.expect(completed > phase, "the completion ran before we went on");
        }
        if (k == 0) {
          barrier.arrive_and_drop();
          arrived.fetch_add(0);
        } else {
          arrived.fetch_add(1);
          barrier.arrive_and_wait();
        }
      }));
    }
    fibers.clear();
    seen.equal(completed, kPhases + 1, "phases");
  });
}

TEST_CASE("Event: a gate stays open and an auto reset event lets one through") {
  run_everywhere([](Collector& seen) {
    Event gate, single(Event::auto_reset);
    lwp::atomic<int> passed{0};
    std::vector<Fiber> fibers;
    for (int k = 0; k < 3; ++k) {
      fibers.push_back(spawn([&] {
        gate.wait();
        passed.fetch_add(1);
      }));
    }
    for (auto& f : fibers) until_waits(f, "event");
    gate.set();
    fibers.clear();
    seen.equal(passed.load(), 3, "through the gate");
    seen.expect(gate.try_wait() && gate.is_set(), "still open");
    gate.reset();
    seen.expect(!gate.try_wait(), "shut");

    for (int k = 0; k < 3; ++k) {
      fibers.push_back(spawn([&] {
        single.wait();
        passed.fetch_add(1);
      }));
    }
    for (auto& f : fibers) until_waits(f, "event");
    for (int k = 1; k <= 3; ++k) {
      single.set();
      while (passed.load() < 3 + k) yield();
    }
    fibers.clear();
    seen.expect(!single.is_set(), "each setting let one through");
    single.set();
    single.set();  // the same as once
    seen.expect(single.try_wait() && !single.try_wait(), "once");
  });
}

// Each wait with a deadline that comes: false, and not early; and with what it waits for there:
// true although the deadline is over.
TEST_CASE("Every wait takes a deadline") {
  run_everywhere([](Collector& seen) {
    constexpr os::Nanos kPast = 1;
    auto times_out = [&](const char* what, auto&& wait) {
      os::Nanos deadline = os::now() + os::kMillisecond;
      seen.expect(!wait(deadline), std::string(what) + " came");
      seen.expect(os::now() >= deadline, std::string(what) + ", early");
    };
    Mutex mutex, cv_mutex;
    SharedMutex shared;
    ConditionVariable changed;
    Semaphore units(0);
    Channel<int> empty(0), full(1);
    full.send(1);
    Latch latch(1);
    WaitGroup group(1);
    Event event;
    Barrier barrier(2);
    Semaphore hold(0);
    Fiber holder = spawn([&] {
      std::unique_lock one(mutex);
      std::unique_lock two(shared);
      hold.acquire();
    });
    until_waits(holder, "semaphore");
    times_out("mutex", [&](auto t) { return mutex.try_lock_until(t); });
    times_out("shared mutex", [&](auto t) { return shared.try_lock_until(t); });
    times_out("shared mutex, shared", [&](auto t) { return shared.try_lock_shared_until(t); });
    times_out("condition variable", [&](auto t) {
      std::unique_lock lock(cv_mutex);
      return changed.wait_until(lock, t, [] { return false; });
    });
    times_out("semaphore", [&](auto t) { return units.acquire_until(t); });
    times_out("send", [&](auto t) { return full.send_until(2, t); });
    times_out("send, unbuffered", [&](auto t) { return empty.send_until(2, t); });
    times_out("receive", [&](auto t) { return empty.receive_until(t).has_value(); });
    times_out("latch", [&](auto t) { return latch.wait_until(t); });
    times_out("wait group", [&](auto t) { return group.wait_until(t); });
    times_out("event", [&](auto t) { return event.wait_until(t); });
    auto phase = barrier.arrive();
    times_out("barrier", [&](auto t) { return barrier.wait_until(phase, t); });
    times_out("join", [&](auto t) { return holder.join_until(t); });
    seen.expect(!units.acquire_for(-1) && !units.acquire_for(os::kMicrosecond), "durations");
    seen.expect(holder.joinable(), "the handle keeps its fiber");

    hold.release();
    seen.expect(holder.join_until(os::kNever), "joined");
    seen.expect(!holder.joinable(), "once");
    (void)barrier.arrive();
    units.release();
    event.set();
    latch.count_down();
    group.done();
    seen.expect(mutex.try_lock_until(kPast) && shared.try_lock_until(kPast), "free");
    shared.unlock();
    seen.expect(shared.try_lock_shared_until(kPast), "free");
    seen.expect(units.acquire_until(kPast) && event.wait_until(kPast), "there");
    seen.expect(latch.wait_until(kPast) && group.wait_until(kPast), "zero");
    seen.expect(barrier.wait_until(phase, kPast), "ended");
    seen.expect(full.receive_until(kPast) == 1 && full.send_until(3, kPast), "room");
    mutex.unlock();
    shared.unlock_shared();
  });
}

}  // namespace
}  // namespace weft::fibers
