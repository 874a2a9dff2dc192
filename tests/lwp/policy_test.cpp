// SPDX-License-Identifier: BSL-1.0
// Policies by themselves, without a pool: what each promises; and the supervisor.
#include <algorithm>
#include <deque>
#include <map>

#include "lwp/policies/draw_tree.hpp"
#include "lwp/policy_check.hpp"
#include "lwp/policy_table.hpp"
#include "tests/catch.hpp"

namespace weft::lwp {
namespace {

class Dummy final : public Task {
 public:
  Dummy(std::uint64_t id, const Wishes& wishes = {}) {
    set_identity(id, "dummy");
    set_wishes(wishes);
  }
  Left run(Lwp&) override { std::abort(); }
};

std::unique_ptr<Policy> make(std::string_view name, std::uint64_t seed = 1) {
  return policy_named(name)->make(seed);
}

// Everybody ready, then `turns` turns after each of which the task yields: how many each had.
std::vector<int> turns_of(Policy& policy, std::deque<Dummy>& tasks, int turns) {
  std::vector<int> had(tasks.size());
  for (auto& t : tasks) policy.ready(t, Why::created);
  for (int i = 0; i < turns; ++i) {
    Task* t = policy.next();
    ++had[t->id() - 1];
    policy.ready(*t, Why::yielded);
  }
  return had;
}

std::vector<std::uint64_t> drain(Policy& policy) {
  std::vector<std::uint64_t> order;
  while (Task* t = policy.next()) order.push_back(t->id());
  return order;
}

TEST_CASE("Every policy returns each ready task once whatever happens") {
  for (const auto& name : policy_names()) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      INFO(name << ", seed " << seed);
      const PolicyType type = *policy_named(name);
      static PolicyFault fault{};
      static int faults;
      faults = 0;
      CheckedPolicy policy(type.make(seed), type);
      policy.on_fault = [](const PolicyFault& f, CheckedPolicy&, void*) {
        fault = f;
        ++faults;
      };
      Lots lots(seed);
      std::deque<Dummy> tasks;
      for (std::uint64_t i = 1; i <= 40; ++i) {
        tasks.emplace_back(i, Wishes{.priority = static_cast<int>(lots.below(64)),
                                     .tickets = static_cast<unsigned>(1 + lots.below(1000)),
                                     .deadline = static_cast<Nanos>(lots.below(9))});
      }
      std::vector<Task*> asleep, queued;
      for (auto& t : tasks) asleep.push_back(&t);
      std::vector<bool> born(tasks.size() + 1);
      Nanos now = 0;
      for (int step = 0; step < 3000; ++step) {
        now += static_cast<Nanos>(lots.below(3'000'000));
        const auto what = lots.below(8);
        if (what < 3 && !asleep.empty()) {
          std::size_t i = lots.below(asleep.size());
          Task* t = asleep[i];
          asleep.erase(asleep.begin() + static_cast<std::ptrdiff_t>(i));
          Why why = born[t->id()] ? Why::woken : Why::created;
          born[t->id()] = true;
          t->note_ready(why, now);
          policy.ready(*t, why);
          queued.push_back(t);
        } else if (what == 3 && !queued.empty()) {
          Task* t = queued[lots.below(queued.size())];
          t->set_tickets(static_cast<unsigned>(1 + lots.below(1000)));
          t->set_deadline(static_cast<Nanos>(lots.below(9)));
          policy.changed(*t);
        } else {
          policy.tick(now);
          Task* t = policy.next();
          REQUIRE((t == nullptr) == queued.empty());
          if (t == nullptr) continue;
          REQUIRE(std::erase(queued, t) == 1);
          const Nanos ran = static_cast<Nanos>(lots.below(5'000'000));
          const bool yields = lots.below(2) == 0;
          t->note_ran(ran);
          policy.stopped(*t, yields ? How::yielded : How::parked, ran);
          t->note_burst_end(yields ? How::yielded : How::parked);
          if (yields) {
            policy.ready(*t, Why::yielded);
            queued.push_back(t);
          } else {
            asleep.push_back(t);
          }
        }
      }
      CHECK(drain(policy).size() == queued.size());
      INFO("broke: " << lwp::name(fault.rule));
      CHECK(faults == 0);
    }
  }
}

TEST_CASE("priority: by level and in turn among equals and a change moves a queued task") {
  std::deque<Dummy> tasks;
  int id = 0;
  for (int p : {5, 63, 5, 0, 40}) tasks.emplace_back(++id, Wishes{.priority = p});
  auto policy = make("priority");
  for (auto& t : tasks) policy->ready(t, Why::created);
  tasks[3].set_wishes({.priority = 50});
  policy->changed(tasks[3]);
  CHECK(drain(*policy) == std::vector<std::uint64_t>{2, 4, 5, 1, 3});
  CHECK(policy->preempts(tasks[1], tasks[0]));
  CHECK(!policy->preempts(tasks[0], tasks[2]));
}

TEST_CASE("edf: by deadline and none last and equal ones take turns") {
  std::deque<Dummy> tasks;
  int id = 0;
  for (Nanos d : {kNoDeadline, Nanos{30}, Nanos{10}, kNoDeadline, Nanos{20}}) {
    tasks.emplace_back(++id, Wishes{.deadline = d});
  }
  auto policy = make("edf");
  for (auto& t : tasks) policy->ready(t, Why::created);
  tasks[3].set_deadline(5);
  policy->changed(tasks[3]);
  CHECK(drain(*policy) == std::vector<std::uint64_t>{4, 3, 5, 2, 1});
  std::deque<Dummy> equal;
  for (std::uint64_t i = 1; i <= 3; ++i) equal.emplace_back(i);
  CHECK(turns_of(*policy, equal, 30) == std::vector{10, 10, 10});
}

TEST_CASE("stride: turns in proportion to tickets exactly and who slept saves up none") {
  std::deque<Dummy> tasks;
  int id = 0;
  for (unsigned n : {100u, 200u, 300u}) tasks.emplace_back(++id, Wishes{.tickets = n});
  auto policy = make("stride");
  auto had = turns_of(*policy, tasks, 600);
  CHECK(std::abs(had[0] - 100) <= 1);
  CHECK(std::abs(had[1] - 200) <= 1);
  CHECK(std::abs(had[2] - 300) <= 1);
  drain(*policy);  // the others stay away for a while
  policy->ready(tasks[2], Why::yielded);
  for (int i = 0; i < 100; ++i) policy->ready(*policy->next(), Why::yielded);
  policy->ready(tasks[0], Why::woken);
  int first = 0;
  for (int i = 0; i < 40; ++i) {
    Task* t = policy->next();
    first += t == &tasks[0];
    policy->ready(*t, Why::yielded);
  }
  CHECK(first <= 12);
}

TEST_CASE("lottery: turns in proportion to tickets as far as chance goes") {
  std::deque<Dummy> tasks;
  int id = 0;
  for (unsigned n : {100u, 300u, 600u}) tasks.emplace_back(++id, Wishes{.tickets = n});
  auto policy = make("lottery", 42);
  auto had = turns_of(*policy, tasks, 10'000);
  // Five standard deviations of a binomial count.
  CHECK(std::abs(had[0] - 1000) < 150);
  CHECK(std::abs(had[1] - 3000) < 230);
  CHECK(std::abs(had[2] - 6000) < 245);
  std::deque<Dummy> again;
  id = 0;
  for (unsigned n : {100u, 300u, 600u}) again.emplace_back(++id, Wishes{.tickets = n});
  CHECK(turns_of(*make("lottery", 42), again, 10'000) == had);
}

TEST_CASE("random: each ready task has the same chance") {
  std::deque<Dummy> tasks;
  for (std::uint64_t i = 1; i <= 10; ++i) tasks.emplace_back(i);
  for (int n : turns_of(*make("random", 5), tasks, 10'000)) CHECK(std::abs(n - 1000) < 150);
}

TEST_CASE("mlfq: who computes sinks and who waits stays up and a boost lifts all") {
  Dummy cruncher(1), talker(2);
  auto policy = make("mlfq");
  policy->tick(1);
  policy->ready(cruncher, Why::created);
  policy->ready(talker, Why::created);
  // Each has a turn: one of 3 ms, which uses up the allotment of the top, one of 10 us.
  CHECK(policy->next() == &cruncher);
  policy->stopped(cruncher, How::yielded, 3'000'000);
  policy->ready(cruncher, Why::yielded);
  for (int i = 0; i < 50; ++i) {
    CHECK(policy->next() == &talker);
    policy->stopped(talker, How::yielded, 10'000);
    policy->ready(talker, Why::yielded);
  }
  CHECK(policy->slice(cruncher) == 3'000'000);  // twice 2 ms, less the 1 ms already used
  // A yield in time does not renew the allotment: 150 turns more and the talker sinks, too.
  int before_it_sinks = 0;
  for (Task* t = policy->next(); t == &talker; t = policy->next()) {
    ++before_it_sinks;
    policy->stopped(talker, How::yielded, 10'000);
    policy->ready(talker, Why::yielded);
  }
  CHECK(before_it_sinks == 150);
  policy->stopped(cruncher, How::yielded, 20'000'000);
  policy->ready(cruncher, Why::yielded);
  CHECK(policy->next() == &talker);
  policy->stopped(talker, How::parked, 0);
  policy->tick(1'000'000'000);
  policy->ready(talker, Why::woken);
  CHECK(policy->next() == &cruncher);  // all are at the top again, it came first
  CHECK(policy->next() == &talker);
}

TEST_CASE("sjf: the shortest guess first") {
  Dummy lengthy(1), brief(2);
  auto policy = make("sjf");
  for (auto [task, burst] : {std::pair<Task*, Nanos>{&lengthy, 900}, {&brief, 10}}) {
    policy->ready(*task, Why::created);
    REQUIRE(policy->next() == task);
    task->note_ran(burst);
    policy->stopped(*task, How::parked, burst);
    task->note_burst_end(How::parked);
    CHECK(task->last_burst() == burst);
  }
  policy->ready(lengthy, Why::woken);
  policy->ready(brief, Why::woken);
  CHECK(drain(*policy) == std::vector<std::uint64_t>{2, 1});
}

TEST_CASE("work-stealing: the slot goes first but not for ever and thieves take the oldest") {
  auto mine = make("work-stealing"), thief = make("work-stealing");
  std::deque<Dummy> tasks;
  for (std::uint64_t i = 1; i <= 4; ++i) tasks.emplace_back(i);
  for (auto& t : tasks) mine->ready(t, Why::created);
  CHECK(mine->next() == &tasks[3]);
  CHECK(thief->steal(*mine) == &tasks[0]);
  // The slot's comes last.
  auto other = make("work-stealing");
  std::deque<Dummy> two;
  two.emplace_back(9);
  two.emplace_back(10);
  for (auto& t : two) other->ready(t, Why::woken);
  CHECK(thief->steal(*other) == &two[0]);
  CHECK(thief->steal(*other) == &two[1]);
  CHECK(thief->steal(*other) == nullptr);
  // Two that wake each other: the third gets its turn.
  int before = 0;
  mine->ready(tasks[3], Why::woken);
  while (mine->next() == &tasks[3]) {
    ++before;
    mine->ready(tasks[3], Why::woken);
  }
  CHECK(before < 10);
}

TEST_CASE(
    "newest-first: the last comes first but the oldest has its turn and is what thieves take") {
  auto mine = make("newest-first"), thief = make("newest-first");
  std::deque<Dummy> tasks;
  for (std::uint64_t i = 1; i <= 5; ++i) tasks.emplace_back(i);
  for (std::size_t i = 0; i < 4; ++i) mine->ready(tasks[i], Why::created);
  CHECK(thief->steal(*mine) == &tasks[0]);
  CHECK(mine->next() == &tasks[3]);
  mine->ready(tasks[3], Why::yielded);
  mine->ready(tasks[4], Why::yielded);
  CHECK(drain(*mine) == std::vector<std::uint64_t>{3, 2, 4, 5});
  // A task that always has a newer one before it, and one that yields behind it.
  mine->ready(tasks[0], Why::created);
  mine->ready(tasks[1], Why::yielded);
  int others = 0;
  for (bool first = false, second = false; !(first && second); ++others) {
    mine->ready(tasks[2], Why::woken);
    Task* task = mine->next();
    first = first || task == &tasks[0];
    second = second || task == &tasks[1];
    if (task != &tasks[2]) mine->next();  // the newest, which it had displaced
  }
  CHECK(others < 2 * 1021 + 10);
}

// ---- the supervisor ---------------------------------------------------------------------------

struct Heard {
  std::vector<Rule> rules;
  std::string calls;
};

// Supervises P, and does `f` with it.
template <class P, class F>
Heard supervise(F&& f) {
  CheckedPolicy policy(std::make_unique<P>(), policy_type<P>());
  Heard heard;
  policy.context = &heard;
  policy.on_fault = [](const PolicyFault& fault, CheckedPolicy& p, void* context) {
    auto& h = *static_cast<Heard*>(context);
    h.rules.push_back(fault.rule);
    h.calls.clear();
    for (std::size_t i = 0; i < CheckedPolicy::kRemembered; ++i) {
      Line line;
      p.call(i).write(line);
      if (!line.view().empty()) h.calls += std::string(line.view()) + "; ";
    }
  };
  f(policy);
  return heard;
}

// A stack of two, with a fault of each kind.
class Bad : public Policy {
 public:
  void ready(Task& task, Why) override { tasks_[n_++] = &task; }
  Task* next() override { return n_ == 0 ? nullptr : tasks_[--n_]; }

 protected:
  Task* tasks_[8] = {};
  int n_ = 0;
};
class Twice final : public Bad {
 public:
  Task* next() override { return tasks_[0]; }
};
class Forgets final : public Bad {
 public:
  Task* next() override { return std::exchange(n_, 0) == 0 ? nullptr : tasks_[0]; }
};
class Starves final : public Bad {  // last in, first out
 public:
  static constexpr Traits kTraits{.bound = [](std::size_t n) -> std::uint64_t { return 2 * n; }};
};
class Invents final : public Bad {
 public:
  static inline Dummy stranger{77};
  Task* next() override { return &stranger; }
};
atomic<std::uint64_t> pretended{0};
class Allocates final : public Bad {
 public:
  void ready(Task& task, Why why) override {
    pretended.fetch_add(1);
    Bad::ready(task, why);
  }
};

TEST_CASE("Supervisor: each broken rule is heard with the calls that broke it") {
  Dummy a(1), b(2);
  auto twice = supervise<Twice>([&](Policy& p) {
    p.ready(a, Why::created);
    p.next();
    p.next();
  });
  CHECK(twice.rules == std::vector{Rule::returned_twice});
  CHECK(twice.calls == "ready(1 dummy, created); next() -> 1 dummy; next() -> 1 dummy; ");

  auto lost = supervise<Forgets>([&](Policy& p) {
    p.ready(a, Why::created);
    p.ready(b, Why::woken);
    p.next();
    p.next();
  });
  CHECK(lost.rules == std::vector{Rule::lost});
  CHECK(lost.calls.ends_with("next() -> 1 dummy; next() -> nothing; "));

  Dummy c(3), d(4);
  auto starved = supervise<Starves>([&](Policy& p) {
    p.ready(c, Why::created);
    p.ready(d, Why::created);
    for (int i = 0; i < 5; ++i) p.ready(*p.next(), Why::yielded);
  });
  CHECK(starved.rules == std::vector{Rule::starved});

  Dummy e(5);
  auto invented = supervise<Invents>([&](Policy& p) {
    p.ready(e, Why::created);
    p.next();
  });
  CHECK(invented.rules == std::vector{Rule::not_ready});

  Dummy f(6);
  count_allocations_by([] { return pretended.load(); });
  auto allocated = supervise<Allocates>([&](Policy& p) { p.ready(f, Why::created); });
  count_allocations_by(nullptr);
  CHECK(allocated.rules == std::vector{Rule::allocates});
}

TEST_CASE("A policy says by its type what it wants to hear") {
  CHECK(!policy_named("fifo")->clocked());
  CHECK(!policy_named("priority")->clocked());
  CHECK(policy_named("priority")->hooks.changed);
  CHECK(!policy_named("fifo")->hooks.changed);
  CHECK(policy_named("mlfq")->clocked());
  CHECK(policy_named("mlfq")->hooks.slice);
  CHECK(policy_named("work-stealing")->traits.scope == Scope::permit);
  add_policy("mine", policy_type<Starves>());
  CHECK(policy_named("mine")->traits.bound(3) == 6);
  CHECK(std::ranges::count(policy_names(), "mine") == 0);
}

}  // namespace
}  // namespace weft::lwp
