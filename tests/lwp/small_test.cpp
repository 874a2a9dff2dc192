// SPDX-License-Identifier: BSL-1.0
// The small parts: wait list, lock, fifo, names, lines.
#include <deque>

#include "lwp/line.hpp"
#include "lwp/policies/fifo.hpp"
#include "lwp/trace/looks.hpp"
#include "lwp/trace/recorder.hpp"
#include "tests/catch.hpp"
#include "tests/lwp/machine.hpp"

namespace weft::lwp {
namespace {

using testing::Machine;
using testing::TestPool;

How done(Lwp&, Machine&) {
  return How::done;
}

TEST_CASE("WaitList: in order, who was claimed before is passed over, removal anywhere") {
  TestPool pool({.permits = 1});
  std::deque<Machine> tasks;
  std::deque<Waiter> waiters;
  WaitList list;
  for (int i = 0; i < 6; ++i) {
    tasks.emplace_back(pool, done);
    list.push(waiters.emplace_back(tasks.back()));
  }
  REQUIRE(waiters[1].claim(Outcome::timed_out));
  REQUIRE_FALSE(waiters[1].claim(Outcome::signaled));  // once
  list.remove(waiters[3]);
  list.remove(waiters[3]);  // again, for nothing
  REQUIRE_FALSE(list.empty());
  REQUIRE(list.signal_first() == &tasks[0]);
  REQUIRE(list.signal_first() == &tasks[2]);
  REQUIRE(waiters[2].outcome.load() == Outcome::signaled);
  list.remove(waiters[5]);  // the last
  list.push(waiters[3]);
  REQUIRE(list.signal_first() == &tasks[4]);
  REQUIRE(list.signal_first() == &tasks[3]);
  REQUIRE(list.signal_first() == nullptr);
  REQUIRE(list.empty());
}

TEST_CASE("Fifo: first ready, first run") {
  TestPool pool({.permits = 1});
  std::deque<Machine> tasks;
  for (int i = 0; i < 4; ++i) tasks.emplace_back(pool, done);
  auto policy = std::make_unique<Fifo>();
  REQUIRE(policy->next() == nullptr);
  policy->ready(tasks[2], Why::created);
  policy->ready(tasks[0], Why::woken);
  REQUIRE(policy->next() == &tasks[2]);
  policy->ready(tasks[2], Why::yielded);
  policy->ready(tasks[1], Why::woken);
  REQUIRE(policy->next() == &tasks[0]);
  REQUIRE(policy->next() == &tasks[2]);
  REQUIRE(policy->next() == &tasks[1]);
  REQUIRE(policy->next() == nullptr);
}

TEST_CASE("Lock: under contention, one at a time") {
  Lock lock;
  long count = 0;  // guarded by lock
  std::vector<os::Thread> threads;
  constexpr int kThreads = 4, kEach = 20'000;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back("contender", [&] {
      for (int i = 0; i < kEach; ++i) {
        lock.lock();
        ++count;
        if (i % 512 == 0) os::yield_cpu();  // the others sleep on it
        lock.unlock();
      }
    });
  }
  for (auto& t : threads) t.join();
  REQUIRE(count == long{kThreads} * kEach);
}

TEST_CASE("A task's name is cut, its number kept") {
  TestPool pool({.permits = 1});
  Machine task(pool, done);
  std::array<char, Task::kNameBytes> room;
  task.set_identity(17, "short");
  REQUIRE(task.name(room) == "short");
  task.set_identity(18, std::string(100, 'x'));
  REQUIRE(task.name(room) == std::string(23, 'x'));
  task.set_identity(19, "");
  REQUIRE(task.name(room).empty());
  REQUIRE(task.id() == 19);
}

TEST_CASE("Line: text, numbers, addresses, columns, what does not fit is cut") {
  Line line;
  line.text("a").number(0).text(" ").number(18'446'744'073'709'551'615u).column(25).text("|");
  REQUIRE(line.view() == "a0 18446744073709551615  |");
  Line address;
  address.address(nullptr).text(" ").address(reinterpret_cast<void*>(0xabc0));
  REQUIRE(address.view() == "0x0 0xabc0");
  auto pipe = std::move(os::pipe()).value();
  Line full;
  for (int i = 0; i < 100; ++i) full.text("0123456789");
  full.end(pipe[1].get());
  std::array<std::byte, 1000> buffer;
  auto n = os::read(pipe[0].get(), buffer);
  REQUIRE(*n == 200);
  REQUIRE(buffer[199] == std::byte{'\n'});
}

TEST_CASE("ManualClock: time moves by hand only") {
  {
    os::ManualClock clock(5 * os::kSecond);
    REQUIRE(os::now() == 5 * os::kSecond);
    clock.advance(3);
    REQUIRE(os::now() == 5 * os::kSecond + 3);
    // A wait with a deadline looks at it each millisecond, so that it need not end by itself.
    atomic<std::uint32_t> word{0};
    os::Thread later("later", [&] { clock.advance(os::kSecond); });
    while (os::now() < 6 * os::kSecond) os::futex_wait(word, 0, 6 * os::kSecond);
    later.join();
    auto pipe = std::move(os::pipe()).value();
    os::Thread again("again", [&] { clock.advance(os::kSecond); });
    REQUIRE_FALSE(os::wait_ready(pipe[0].get(), os::kReadable, 7 * os::kSecond));
    REQUIRE(os::now() >= 7 * os::kSecond);
    again.join();
  }
  os::Nanos real = os::now();
  while (os::now() == real) {
  }
  REQUIRE(os::now() > real);
}

TEST_CASE("WEFT_TRACE names a file, and how it is kept") {
  constexpr std::size_t kMiB = 1024 * 1024;
  struct Case {
    const char *asked, *file;
    bool flight, followed;
    std::size_t bytes;
  };
  for (const Case& c : {Case{"t.wt", "t.wt", false, false, 0},
                        {"flight:t.wt", "t.wt", true, false, 0},
                        {"flight=4M:a/b:c", "a/b:c", true, false, 4 * kMiB},
                        {"followed=2M:t", "t", true, true, 2 * kMiB},
                        {"flight=9999M:t", "t", true, false, 1024 * kMiB},
                        {"flight=4G:t", "flight=4G:t", false, false, 0},  // a file of that name
                        {"flights.wt", "flights.wt", false, false, 0}}) {
    INFO(c.asked);
    const trace::Options options = trace::options_of(c.asked);
    CHECK(options.file == c.file);
    CHECK(options.flight == c.flight);
    CHECK(options.followed == c.followed);
    CHECK(options.most_bytes == c.bytes);
  }
}

TEST_CASE("Looks: they take a hundredth of a CPU, a 25th where an LWP stands still") {
  constexpr os::Nanos kNow = os::kSecond, kOtherwise = 10 * os::kMillisecond;
  trace::Looks looks;
  auto rests_after = [&](os::Nanos cpu) { return looks.next(kNow, cpu, kOtherwise) - kNow; };
  const auto unmoved = [] { return true; };
  looks.begin(1);
  CHECK(rests_after(os::kMillisecond) == kOtherwise);  // there was nothing to see

  trace::Moment m{.thread = os::thread_id(), .events = 1, .carries = true};
  looks.at(0, m, unmoved);
  CHECK(rests_after(os::kMicrosecond) == trace::Looks::kRest);
  CHECK(rests_after(50 * os::kMicrosecond) == 5 * os::kMillisecond);
  CHECK(rests_after(8 * os::kMillisecond) == 800 * os::kMillisecond);  // of thousands of LWPs

  looks.begin(1);
  looks.at(0, m, unmoved);  // no event since
  CHECK(rests_after(8 * os::kMillisecond) == 200 * os::kMillisecond);
  looks.begin(1);
  m.events = 2;
  looks.at(0, m, unmoved);
  CHECK(rests_after(50 * os::kMicrosecond) == 5 * os::kMillisecond);
}

TEST_CASE("Looks: what fell asleep before the first look did so when it had used its CPU") {
  // A thread that begins, computes, records an event, computes no more, and sleeps.
  atomic<bool> ends{false};
  atomic<int> thread{0};
  trace::Moment m{.events = 1, .fiber = 1, .carries = true};
  os::Thread sleeper("sleeper", [&] {
    m.opened = os::now();
    m.opened_cpu = os::thread_cpu();
    while (os::thread_cpu() - m.opened_cpu < 20 * os::kMillisecond) {
    }
    m.latest = os::now();
    thread.store(os::thread_id());
    while (!ends.load()) os::sleep_until(os::now() + 200 * os::kMillisecond);
  });
  while ((m.thread = thread.load()) == 0) os::sleep_until(os::now() + os::kMillisecond);
  const auto unmoved = [] { return true; };
  trace::Looks looks;
  trace::Look look;
  for (int i = 0; i < 20 && look.asleep_ago < 0; ++i) {
    looks.begin(1);
    look = looks.at(0, m, unmoved);
    os::sleep_until(os::now() + os::kMillisecond);
  }
  const os::Nanos fell_asleep = os::now() - look.asleep_ago;
  REQUIRE(look.asleep_ago >= 0);
  CHECK(fell_asleep - m.latest < 10 * os::kMillisecond);  // not the 20 of before that event
  ends.store(true);
  sleeper.join();
}

}  // namespace
}  // namespace weft::lwp
