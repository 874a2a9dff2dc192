// SPDX-License-Identifier: BSL-1.0
// Policies under fibers: the second opinion of Boost.Fiber's engine, donation, wishes.
#include <array>
#include <map>
#include <string>

#include "fibers/sync.hpp"
#include "lwp/policies/draw_tree.hpp"
#include "lwp/policy_table.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;

// Everything that the runtime can run.
std::vector<std::string> runnable() {
  auto names = lwp::policy_names();
  std::erase_if(names, [](const std::string& n) { return lwp::refuse_policy(n).has_value(); });
  return names;
}

std::string configuration(const Config& c) {
  return testing::describe(c) + ", " + c.policy;
}

// The numbers of fibers in the order of their steps. Atomic, as in order_test.cpp.
class Steps {
 public:
  void add(int fiber) {
    std::size_t at = size_.fetch_add(1);
    if (at < steps_.size()) steps_[at].store(fiber);
  }
  std::vector<int> all() const {
    std::vector<int> all;
    for (std::size_t i = 0; i < std::min(size_.load(), steps_.size()); ++i) {
      all.push_back(steps_[i].load());
    }
    return all;
  }

 private:
  std::vector<lwp::atomic<int>> steps_ = std::vector<lwp::atomic<int>>(20'000);
  lwp::atomic<std::size_t> size_{0};
};

// A program that does a bit of everything, as its seed says. What it does hangs on the order of its
// fibers alone: the clock moves only when one of them says so.
class Program {
 public:
  Program(std::uint64_t seed, os::ManualClock& clock) : seed_(seed), clock_(clock) {}

  void run() {
    std::vector<Fiber> fibers;
    for (int i = 1; i <= 12; ++i) fibers.push_back(start(i, 2));
    for (auto& f : fibers) f.join();
  }
  std::vector<int> steps() const { return steps_.all(); }

 private:
  Fiber start(int number, int children) {
    lwp::Lots lots(seed_ * 1000 + static_cast<std::uint64_t>(number));
    SpawnOptions options{.priority = static_cast<int>(lots.below(4)) * 10,
                         .tickets = static_cast<unsigned>(1 + lots.below(300)),
                         .deadline = clock_start_ + static_cast<os::Nanos>(lots.below(1000))};
    return spawn(options,
                 [this, number, children, lots]() mutable { live(number, children, lots); });
  }

  void live(int number, int children, lwp::Lots lots) {
    std::vector<Fiber> mine;
    for (int step = 0; step < 25; ++step) {
      steps_.add(number);
      clock_.advance(static_cast<os::Nanos>(lots.below(900'000)));
      switch (lots.below(9)) {
        case 0:
        case 1:
        case 2:
          yield();
          break;
        case 3: {
          std::unique_lock lock(mutex_);
          steps_.add(number);
          yield();
          break;
        }
        case 4:
          tokens_.release();
          break;
        case 5:
          tokens_.acquire();
          tokens_.release();
          break;
        case 6:
          set_priority(static_cast<int>(lots.below(64)));
          break;
        case 7:
          set_tickets(static_cast<unsigned>(1 + lots.below(500)));
          set_deadline(clock_start_ + static_cast<os::Nanos>(lots.below(1000)));
          break;
        case 8:
          if (children > 0) {
            mine.push_back(start(number * 10 + children, 0));
            --children;
          }
          break;
      }
      if (!mine.empty() && lots.below(8) == 0) {
        set_priority(mine.back(), static_cast<int>(lots.below(64)));
        set_tickets(mine.back(), static_cast<unsigned>(1 + lots.below(500)));
      }
    }
    steps_.add(number);
  }

  const std::uint64_t seed_;
  os::ManualClock& clock_;
  const os::Nanos clock_start_ = os::now();
  Steps steps_;
  Mutex mutex_;
  Semaphore tokens_{1};
};

std::vector<int> steps_of(const Config& config, std::uint64_t seed) {
  os::ManualClock clock;
  Program program(seed, clock);
  Runtime runtime(config);
  runtime.run([&] { program.run(); });
  return program.steps();
}

TEST_CASE("Every policy: Boost.Fiber's engine runs the same fibers in the same order") {
  if (testing::kSanitized) return;
  for (const auto& policy : runnable()) {
    std::vector<std::vector<int>> seen;
    for (std::uint64_t seed : {1, 2, 3, 4, 5}) {
      INFO(policy << ", seed " << seed);
      Config config{.mapping = Mapping::many_to_one, .policy = policy, .seed = seed};
      auto ours = steps_of(config, seed);
      CHECK(ours == steps_of(config, seed));  // and the same again
      config.engine = Engine::boost_fiber;
      auto theirs = steps_of(config, seed);
      REQUIRE(ours.size() > 300);
      CHECK(ours == theirs);
      seen.push_back(std::move(ours));
    }
  }
}

TEST_CASE("Every policy: a program that does a bit of everything ends under every mapping") {
  for (const auto& policy : runnable()) {
    for (Config config : testing::every_configuration()) {
      if (config.mapping == Mapping::one_to_one) continue;
      config.policy = policy;
      INFO(configuration(config));
      auto steps = steps_of(config, 7);
      // Each of 12 fibers and of the children that it had took 26 steps, and one inside the mutex
      // now and then; which children there were hangs on the seed alone.
      CHECK(steps.size() == steps_of({.mapping = Mapping::many_to_one}, 7).size());
    }
  }
}

TEST_CASE("Policies differ: the order is not that of fifo") {
  auto fifo = steps_of({.mapping = Mapping::many_to_one, .policy = "fifo"}, 3);
  for (const auto& policy : runnable()) {
    if (policy == "fifo") continue;
    INFO(policy);
    CHECK(steps_of({.mapping = Mapping::many_to_one, .policy = policy}, 3) != fifo);
  }
  Config random{.mapping = Mapping::many_to_one, .policy = "random", .seed = 1};
  auto one = steps_of(random, 3);
  random.seed = 2;
  CHECK(steps_of(random, 3) != one);
}

TEST_CASE("priority: the most urgent fiber runs first and a change counts while it is queued") {
  for (Engine engine : {Engine::weft, Engine::boost_fiber}) {
    if (engine == Engine::boost_fiber && testing::kSanitized) continue;
    Steps steps;
    Config config{.mapping = Mapping::many_to_one, .engine = engine, .policy = "priority"};
    testing::run_under(config, [&](Collector& seen) {
      set_priority(63);
      std::vector<Fiber> fibers;
      for (int p : {10, 40, 20, 30}) {
        fibers.push_back(spawn({.priority = p}, [&steps, p] { steps.add(p); }));
      }
      set_priority(fibers[0], 50);
      seen.equal(this_priority(), 63, "own priority");
      yield();  // nobody is as urgent
      seen.equal(steps.all().size(), std::size_t{0}, "steps while the urgent one yields");
      fibers.clear();
    });
    CHECK(steps.all() == std::vector{10, 40, 30, 20});
  }
}

TEST_CASE("A policy with a clock is told how long a fiber ran after it came back from a call") {
  // In turns, and adds up what it is told.
  class Adds final : public lwp::Policy {
   public:
    explicit Adds(std::uint64_t) { ran().clear(); }
    static std::map<std::string, lwp::Nanos>& ran() {
      static std::map<std::string, lwp::Nanos> all;
      return all;
    }
    void ready(lwp::Task& task, lwp::Why why) override { turns_.ready(task, why); }
    lwp::Task* next() override { return turns_.next(); }
    void stopped(lwp::Task& task, lwp::How, lwp::Nanos ran_for) override {
      std::array<char, lwp::Task::kNameBytes> name;
      ran()[std::string(task.name(name))] += ran_for;
    }

   private:
    lwp::Fifo turns_;
  };
  lwp::add_policy("adds", lwp::policy_type<Adds>());
  const bool parks = GENERATE(false, true);  // who picks the fiber that comes back
  CAPTURE(parks);
  os::ManualClock clock;
  Config config{
      .mapping = Mapping::many_to_many, .lwps = 1, .on_block = OnBlock::handoff, .policy = "adds"};
  testing::run_under(config, [&](Collector&) {
    auto pipe = std::move(os::pipe()).value();
    std::byte sent[1]{}, got[1]{};
    lwp::atomic<bool> back{false};
    Fiber caller = spawn({"caller"}, [&] {
      clock.advance(10);
      blocking("a pipe", [&] { (void)os::read(pipe[0].get(), got).error(); });
      back.store(true);
      clock.advance(500);
      yield();
      clock.advance(7'000);
    });
    Fiber opener = spawn({"opener"}, [&] {
      clock.advance(3);
      (void)os::write(pipe[1].get(), sent).error();
      if (parks) {
        caller.join();
      } else {
        while (!back.load()) yield();
      }
    });
    opener.join();
    if (!parks) caller.join();
  });
  CHECK(Adds::ran()["caller"] == 7'510);
  CHECK(Adds::ran()["opener"] == 3);
}

TEST_CASE("one-to-one has no policy and sjf is for the simulator and an unknown one is named") {
  auto why = [](Config c) { return refuse(c).value_or("accepted"); };
  CHECK(why({.mapping = Mapping::one_to_one, .policy = "fifo"}).find("the kernel schedules") !=
        std::string::npos);
  CHECK(why({.policy = "sjf"}).find("for the simulator only") != std::string::npos);
  CHECK(why({.policy = "lotto"}).find("there are: fifo, work-stealing, priority") !=
        std::string::npos);
  CHECK(why({.policy = "lottery"}) == "accepted");
  CHECK(policy_of({.mapping = Mapping::many_to_one}) == "fifo");
  CHECK(policy_of({.mapping = Mapping::many_to_many}) == "work-stealing");
  CHECK(lwp::policy_notice("mlfq").value_or("").find("--preempt") != std::string::npos);
  CHECK(!lwp::policy_notice("fifo"));
}

// A ready task that is always alone in its queue is left to its LWP only while it waits now and
// then.
TEST_CASE("Two fibers that only yield come to run on two LWPs") {
  const char* policy = GENERATE("work-stealing", "newest-first");
  CAPTURE(policy);
  testing::run_under({.mapping = Mapping::many_to_many, .lwps = 2, .policy = policy},
                     [](testing::Collector& seen) {
                       const os::Nanos enough = os::now() + 20 * os::kSecond;
                       lwp::atomic<int> at[2] = {0, 0}, busy_at{0};
                       lwp::atomic<bool> apart{false};
                       // Holds the other LWP until both have run on this one.
                       Fiber busy = spawn([&] {
                         busy_at.store(lwp::current()->index);
                         while ((at[0].load() == 0 || at[1].load() == 0) && os::now() < enough) {
                         }
                       });
                       while (busy_at.load() == 0 && os::now() < enough) {
                       }
                       auto run = [&](int me) {
                         while (!apart.load() && os::now() < enough) {
                           at[me].store(lwp::current()->index);
                           const int other = at[1 - me].load();
                           if (other != 0 && other != at[me].load()) apart.store(true);
                           yield();
                         }
                       };
                       Fiber one = spawn([&] { run(0); }), two = spawn([&] { run(1); });
                       one.join();
                       two.join();
                       busy.join();
                       seen.expect(apart.load(), "both LWPs run one");
                     });
}

}  // namespace
}  // namespace weft::fibers
