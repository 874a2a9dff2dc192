// SPDX-License-Identifier: BSL-1.0
#include "fibers/scope.hpp"

#include <memory>

#include "fibers/channel.hpp"
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

TEST_CASE("Scope: its children end before it does and all they captured is gone") {
  run_everywhere([](Collector& seen) {
    lwp::atomic<int> ended{0};
    auto captured = std::make_shared<int>(0);
    {
      Scope scope;
      for (int k = 0; k < 20; ++k) {
        scope.spawn([&, captured] {
          yield();
          // Children may spawn into it, too.
          scope.spawn([&, captured] { ended.fetch_add(1); });
          ended.fetch_add(1);
        });
      }
    }
    seen.equal(ended.load(), 40, "ended");
    seen.equal(captured.use_count(), 1L, "captures");
  });
}

TEST_CASE("Scope: the first failure cancels the rest and arrives at the join") {
  run_everywhere([](Collector& seen) {
    Channel<int> never(0);
    Semaphore nor_this(0);
    lwp::atomic<int> stopped{0};
    Scope scope;
    for (int k = 0; k < 4; ++k) {
      scope.spawn([&](const std::stop_token& stop) {
        stopped.fetch_add(never.receive(stop) ? 0 : 1);
        stopped.fetch_add(sleep_for(3600 * os::kSecond, stop) ? 0 : 1);
        if (!nor_this.acquire(stop)) throw std::logic_error("later failures are dropped");
      });
    }
    scope.spawn({"first"}, [] { throw std::runtime_error("the first"); });
    std::string what;
    try {
      scope.join();
    } catch (const std::runtime_error& e) {
      what = e.what();
    }
    seen.expect(what == "the first", "it says " + what);
    seen.equal(stopped.load(), 8, "stopped");
    seen.expect(scope.stop_token().stop_requested(), "requested");
    scope.join();  // again: nothing is left
  });
}

TEST_CASE("Scope: an exception that passes through stops the children and a parent its scopes") {
  run_everywhere([](Collector& seen) {
    Semaphore never(0);
    lwp::atomic<int> stopped{0};
    try {
      Scope outer;
      outer.spawn([&](const std::stop_token& stop) {
        Scope inner(stop);
        inner.spawn([&](const std::stop_token& mine) {
          if (!never.acquire(mine)) stopped.fetch_add(1);
        });
        inner.spawn([&] {
          if (!never.acquire(inner.stop_token())) stopped.fetch_add(1);
        });
        inner.join();
        throw std::logic_error("dropped: another is on its way");
      });
      throw std::runtime_error("out of the block");
    } catch (const std::runtime_error&) {
      stopped.fetch_add(10);
    }
    seen.equal(stopped.load(), 12, "stopped");
  });
}

TEST_CASE("Scope: shutdown drains what was accepted") {
  run_everywhere([](Collector& seen) {
    Channel<int> work(8);
    long done = 0;
    Mutex mutex;
    {
      Scope scope;
      for (int w = 0; w < 3; ++w) {
        scope.spawn([&] {
          while (auto n = work.receive()) {
            yield();
            std::unique_lock lock(mutex);
            done += *n;
          }
        });
      }
      for (int i = 1; i <= 100; ++i) work.send(i);
      work.close();
    }
    seen.equal(done, 5050L, "all of it");
  });
}

TEST_CASE("Scope: thousands of short children leave nothing behind") {
  run_everywhere([](Collector& seen) {
    lwp::atomic<int> ended{0};
    Scope scope;
    for (int k = 0; k < 1000; ++k) {
      scope.spawn([&] { ended.fetch_add(1); });
      if (k % 10 == 9) scope.join();
    }
    scope.join();
    seen.equal(ended.load(), 1000, "ended");
  });
}

}  // namespace
}  // namespace weft::fibers
