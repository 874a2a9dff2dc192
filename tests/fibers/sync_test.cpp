// SPDX-License-Identifier: BSL-1.0
#include "fibers/sync.hpp"

#include "fibers/channel.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

TEST_CASE("Mutex: one at a time") {
  run_everywhere([](Collector& seen) {
    Mutex mutex;
    long count = 0;  // guarded by mutex
    bool inside = false;
    {
      std::vector<Fiber> fibers;
      for (int k = 0; k < 8; ++k) {
        fibers.push_back(spawn([&] {
          for (int i = 0; i < 500; ++i) {
            std::unique_lock lock(mutex);
            seen.expect(!std::exchange(inside, true), "somebody else is inside");
            if (i % 16 == 0) yield();
            ++count;
            inside = false;
          }
        }));
      }
    }
    seen.equal(count, 8L * 500, "count");
    seen.expect(mutex.try_lock(), "free again");
    bool other = true;
    spawn([&] { other = mutex.try_lock(); }).join();
    seen.expect(!other, "try_lock of a taken mutex");
    mutex.unlock();
  });
}

TEST_CASE("Mutex: first come, first served") {
  run_everywhere([](Collector& seen) {
    Mutex mutex;
    std::vector<int> order;  // guarded by mutex
    mutex.lock();
    std::vector<Fiber> fibers;
    for (int k = 0; k < 6; ++k) {
      Semaphore about_to(0);
      fibers.push_back(spawn([&, k] {
        about_to.release();
        std::unique_lock lock(mutex);
        order.push_back(k);
      }));
      about_to.acquire();
      // Nothing tells when it waits, except the dump's own field.
      while (fibers.back().id() != 0 && !testing::waits_for(fibers.back().id(), "mutex")) yield();
    }
    mutex.unlock();
    fibers.clear();
    seen.expect(order == std::vector{0, 1, 2, 3, 4, 5}, "order of arrival");
  });
}

TEST_CASE("A mutex is taken by late-comers only so often before who waits has it") {
  constexpr int kBound = 130;  // 128, and the turn of each side in which it begins
  // Held long, it is found taken by who was called, each time.
  const os::Nanos hold = GENERATE(0, 300 * os::kMicrosecond);
  CAPTURE(hold);
  run_everywhere([hold](Collector& seen) {
    Mutex mutex;
    lwp::atomic<bool> had_it{false};
    mutex.lock();
    Fiber waiting = spawn([&] {
      mutex.lock();
      had_it.store(true);
      mutex.unlock();
    });
    while (!testing::waits_for(waiting.id(), "mutex")) yield();
    int overtaken = 0;
    while (!had_it.load() && overtaken <= kBound) {  // and never lets others run
      mutex.unlock();
      mutex.lock();
      for (const os::Nanos until = os::now() + hold; hold > 0 && os::now() < until;) {
      }
      ++overtaken;
    }
    mutex.unlock();
    waiting.join();
    seen.expect(overtaken <= kBound, "who waits is not starved");
  });
}

TEST_CASE("Condition variable: a queue between producers and consumers loses nothing") {
  run_everywhere([](Collector& seen) {
    Mutex mutex;
    ConditionVariable not_empty;
    std::vector<int> queue;  // guarded by mutex
    long sum = 0;            // guarded by mutex
    constexpr int kItems = 300, kProducers = 3, kConsumers = 3;
    {
      std::vector<Fiber> fibers;
      for (int c = 0; c < kConsumers; ++c) {
        fibers.push_back(spawn([&] {
          for (int i = 0; i < kItems * kProducers / kConsumers; ++i) {
            std::unique_lock lock(mutex);
            not_empty.wait(lock, [&] { return !queue.empty(); });
            seen.expect(lock.owns_lock(), "holds the mutex");
            sum += queue.back();
            queue.pop_back();
          }
        }));
      }
      for (int p = 0; p < kProducers; ++p) {
        fibers.push_back(spawn([&] {
          for (int i = 1; i <= kItems; ++i) {
            {
              std::unique_lock lock(mutex);
              queue.push_back(i);
            }
            not_empty.notify_one();
            if (i % 7 == 0) yield();
          }
        }));
      }
    }
    seen.equal(sum, long{kProducers} * kItems * (kItems + 1) / 2, "sum");
  });
}

TEST_CASE("Condition variable: notify_all wakes all who wait, a deadline ends a wait") {
  run_everywhere([](Collector& seen) {
    Mutex mutex;
    ConditionVariable changed;
    int waiting = 0, woken = 0;
    bool open = false;
    std::vector<Fiber> fibers;
    for (int k = 0; k < 6; ++k) {
      fibers.push_back(spawn([&] {
        std::unique_lock lock(mutex);
        ++waiting;
        changed.wait(lock, [&] { return open; });
        ++woken;
      }));
    }
    while (true) {
      std::unique_lock lock(mutex);
      if (waiting == 6) {
        open = true;
        break;
      }
      lock.unlock();
      yield();
    }
    changed.notify_all();
    fibers.clear();
    seen.equal(woken, 6, "all");

    std::unique_lock lock(mutex);
    os::Nanos deadline = os::now() + 2 * os::kMillisecond;
    bool notified = true;
    while (notified && os::now() < deadline) notified = changed.wait_until(lock, deadline);
    seen.expect(!notified, "the deadline came first");
    seen.expect(os::now() >= deadline, "not early");
    seen.expect(lock.owns_lock(), "holds the mutex");
    seen.expect(!changed.wait_until(lock, 1), "a deadline in the past");
    seen.expect(!changed.wait_for(lock, -1), "a negative duration");
    changed.notify_one();  // nobody is left in the list
    changed.notify_all();
  });
}

// Between the unlock inside wait() and its park the notifier may run: it finds the waiter.
TEST_CASE("Condition variable: a notification between unlock and park is not lost") {
  run_everywhere([](Collector& seen) {
    Mutex mutex;
    ConditionVariable changed;
    int turn = 0;  // guarded by mutex
    auto player = [&](int me) {
      for (int i = 0; i < 2000; ++i) {
        std::unique_lock lock(mutex);
        while (turn != me) changed.wait(lock);
        turn = 1 - me;
        lock.unlock();
        changed.notify_one();
      }
    };
    Fiber other = spawn([&] { player(1); });
    player(0);
    other.join();
    seen.equal(turn, 0, "an even number of turns");
  });
}

TEST_CASE("Semaphore: units, deadlines, release of several") {
  run_everywhere([](Collector& seen) {
    Semaphore s(2);
    seen.expect(s.try_acquire() && s.try_acquire() && !s.try_acquire(), "two units");
    os::Nanos deadline = os::now() + 2 * os::kMillisecond;
    seen.expect(!s.acquire_until(deadline), "none comes");
    seen.expect(os::now() >= deadline, "not early");
    seen.expect(!s.acquire_until(0) && !s.acquire_until(0), "a deadline in the past, twice");
    s.release(3);
    seen.expect(s.acquire_until(0), "a unit is there: the deadline does not matter");
    s.acquire();
    s.acquire();
    seen.expect(!s.try_acquire(), "all taken");

    lwp::atomic<int> through{0};
    std::vector<Fiber> fibers;
    for (int k = 0; k < 10; ++k) {
      fibers.push_back(spawn([&] {
        s.acquire();
        through.fetch_add(1);
      }));
    }
    s.release(4);
    while (through.load() < 4) yield();
    for (int i = 0; i < 50; ++i) yield();
    seen.equal(through.load(), 4, "as many as units");
    s.release(6);
    fibers.clear();
    seen.equal(through.load(), 10, "the rest");
  });
}

// A unit released at the very deadline goes to somebody: to the waiter, or back into the count.
TEST_CASE("Semaphore: no unit is lost when deadline and release meet") {
  run_everywhere([](Collector& seen) {
    Semaphore s(0);
    constexpr int kWaiters = 4, kRounds = 50;
    lwp::atomic<int> acquired{0}, stop{0};
    std::vector<Fiber> fibers;
    for (int k = 0; k < kWaiters; ++k) {
      fibers.push_back(spawn([&, k] {
        while (stop.load() == 0) {
          if (s.acquire_until(os::now() + (k + 1) * 20 * os::kMicrosecond)) acquired.fetch_add(1);
        }
      }));
    }
    for (int i = 0; i < kRounds; ++i) {
      s.release();
      sleep_for(50 * os::kMicrosecond);
    }
    while (acquired.load() < kRounds) yield();
    stop.store(1);
    fibers.clear();
    seen.equal(acquired.load(), kRounds, "each unit once");
    seen.expect(!s.try_acquire(), "nothing left");
  });
}

TEST_CASE("Semaphore, Channel: less than nothing is refused") {
  CHECK_THROWS_AS(Semaphore(-1), std::invalid_argument);
  CHECK_THROWS_AS(Channel<int>(static_cast<std::size_t>(-1)), std::length_error);
}

}  // namespace
}  // namespace weft::fibers
