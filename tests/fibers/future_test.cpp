// SPDX-License-Identifier: BSL-1.0
// Futures, and fiber-local values.
#include "fibers/future.hpp"

#include <memory>

#include "fibers/local.hpp"
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

template <class F>
std::string what_it_throws(F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "nothing";
}

std::string text_of(std::future_errc error) {
  return std::future_error(error).what();
}

TEST_CASE("Future: a value or nothing or something that only moves or an exception") {
  run_everywhere([](Collector& seen) {
    auto number = async([] { return 6 * 7; });
    auto nothing = async({"named"}, [] { yield(); });
    auto moved = async([] { return std::make_unique<int>(5); });
    auto failed = async([]() -> int { throw std::runtime_error("as agreed"); });
    seen.equal(number.get(), 42, "value");
    nothing.get();
    seen.equal(*moved.get(), 5, "moved");
    seen.expect(what_it_throws([&] { failed.get(); }) == "as agreed", "exception");
    seen.expect(!number.valid(), "once");
    seen.expect(what_it_throws([&] { number.get(); }) == text_of(std::future_errc::no_state), "no");
  });
}

namespace {
struct Refuses {
  explicit Refuses(bool refuse) {
    if (refuse) throw std::runtime_error("it cannot be made");
  }
};
}  // namespace

TEST_CASE("Future: a value that cannot be made leaves the promise to be kept or broken") {
  run_everywhere([](Collector& seen) {
    Promise<Refuses> promise;
    Future<Refuses> future = promise.future();
    seen.expect(what_it_throws([&] { promise.set_value(true); }) == "it cannot be made", "told");
    seen.expect(!future.ready(), "nothing was brought");
    promise.set_value(false);
    future.get();
    Future<Refuses> broken;
    {
      Promise<Refuses> other;
      broken = other.future();
      what_it_throws([&] { other.set_value(true); });
    }
    seen.expect(what_it_throws([&] { broken.get(); }) == text_of(std::future_errc::broken_promise),
                "and broken by its end");
  });
}

TEST_CASE("Future: waits take deadlines and stops and promises keep or break") {
  run_everywhere([](Collector& seen) {
    Promise<int> promise;
    Future<int> future = promise.future();
    seen.expect(!future.ready() && !future.wait_for(os::kMicrosecond), "not yet");
    std::stop_source stop;
    stop.request_stop();
    seen.expect(!future.wait(stop.get_token()), "stopped");
    lwp::atomic<int> woken{0};
    std::vector<Fiber> waiters;
    for (int k = 0; k < 3; ++k) {
      waiters.push_back(spawn([&] {
        future.wait();
        woken.fetch_add(1);
      }));
      while (!testing::waits_for(waiters.back().id(), "future")) yield();
    }
    promise.set_value(3);
    waiters.clear();
    seen.equal(woken.load(), 3, "all who wait");
    auto again = text_of(std::future_errc::promise_already_satisfied);
    seen.expect(what_it_throws([&] { promise.set_value(4); }) == again, "once");
    auto given = text_of(std::future_errc::future_already_retrieved);
    seen.expect(what_it_throws([&] { (void)promise.future(); }) == given, "one future");
    seen.equal(future.get(), 3, "the first");

    Future<void> broken;
    {
      Promise<void> dropped;
      broken = dropped.future();
    }
    auto text = text_of(std::future_errc::broken_promise);
    seen.expect(what_it_throws([&] { broken.get(); }) == text, "broken");
  });
}

TEST_CASE("Local: each fiber has its own wherever it goes") {
  run_everywhere([](Collector& seen) {
    static Local<std::uint64_t> mine([] { return this_id(); });
    static Local<std::string> word;
    std::vector<Fiber> fibers;
    for (int k = 0; k < 8; ++k) {
      fibers.push_back(spawn([&, k] {
        *word = "word " + std::to_string(k);
        for (int i = 0; i < 50; ++i) {
          yield();
          if (i % 10 == 0) sleep_for(os::kMicrosecond);
          seen.equal(*mine, this_id(), "own");
          seen.expect(*word == "word " + std::to_string(k), "own word");
        }
      }));
    }
    fibers.clear();
    seen.expect(word->empty(), "a new one");
  });
}

TEST_CASE(
    "Local: destroyed at the end of the fiber and the last made first and none left in its block") {
  run_everywhere([](Collector& seen) {
    static lwp::atomic<int> living;
    static std::string order;  // of the one fiber that runs then
    living.store(0);
    struct Counted {
      Counted() { living.fetch_add(1); }
      Counted(Counted&& other) noexcept : tag(other.tag) { living.fetch_add(1); }
      ~Counted() {
        living.fetch_sub(1);
        if (tag != 0) order += tag;
      }
      char tag = 0;
    };
    static Local<Counted> first, second;
    for (int round = 0; round < 20; ++round) {
      order.clear();
      spawn([&] {
        seen.equal(first->tag, char{0}, "nothing of the fiber before");
        first->tag = 'a';
        second->tag = 'b';
        seen.equal(living.load(), 2, "two");
      }).join();
      seen.expect(order == "ba", "order " + order);
      seen.equal(living.load(), 0, "none is left");
    }
  });
}

TEST_CASE("Local: a destructor may use locals and wait") {
  run_everywhere([](Collector& seen) {
    static Local<int> count;
    static lwp::atomic<int> seen_by_destructor;
    seen_by_destructor.store(0);
    struct Late {
      explicit Late(bool real) : real(real) {}
      Late(Late&& other) noexcept : real(std::exchange(other.real, false)) {}
      ~Late() {
        if (!real) return;
        yield();
        *count += 1;
        seen_by_destructor.store(*count);
      }
      bool real;
    };
    static Local<Late> late([] { return Late(true); });
    spawn([] {
      (void)*late;
      *count = 4;
    }).join();
    // `count` was made later, so it is destroyed first and then made anew.
    seen.equal(seen_by_destructor.load(), 1, "a new one");
  });
}

}  // namespace
}  // namespace weft::fibers
