// SPDX-License-Identifier: BSL-1.0
// weft simulate: the textbooks' examples by their numbers, and against a plain simulation that
// knows nothing of weft's policies.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "labs/random.hpp"
#include "labs/simulate/chart.hpp"
#include "labs/simulate/simulator.hpp"
#include "lwp/policy_table.hpp"
#include "tests/labs/weft_program.hpp"

using namespace weft::labs;
using namespace weft::labs::simulate;
using namespace weft::labs::testing;
using Catch::Matchers::Contains;
using weft::lwp::Nanos;

namespace {

constexpr Nanos kMilli = 1'000'000;

Workload example(const std::string& name) {
  const std::string folder = std::string(WEFT_SOURCE_DIR) + "/labs/simulate/examples/";
  auto parsed = parse(content(folder + name + ".txt"));
  REQUIRE(std::holds_alternative<Workload>(parsed));
  return std::get<Workload>(parsed);
}

Simulation under(const std::string& policy, const Workload& w, std::uint64_t seed = 1) {
  return simulate::simulate(w, weft::lwp::policy_named(policy).value(), seed);
}

bool near(double a, double b) {
  return std::abs(a - b) < 1e-9;
}

// ---- the plain one: in whole milliseconds, one after the other ---------------------------------

enum class Rule { fifo, shortest, priority };

// When each job ends. No devices, no costs of switching.
std::vector<int> plainly(Rule rule, const Workload& w) {
  struct Plain {
    int arrives, left, priority, queued_at = -1, end = -1;
  };
  std::vector<Plain> jobs;
  for (const Job& j : w.jobs) {
    jobs.push_back({static_cast<int>(j.arrives / kMilli), static_cast<int>(j.bursts[0] / kMilli),
                    j.wishes.priority});
  }
  std::vector<Plain*> queue;  // by the time of queueing
  Plain* running = nullptr;
  int slice_left = 0;
  const int slice = static_cast<int>(w.slice / kMilli);
  auto better = [&](const Plain* a, const Plain* b) {
    if (rule == Rule::shortest) return a->left < b->left;
    if (rule == Rule::priority) return a->priority > b->priority;
    return false;
  };
  std::size_t ended = 0;
  for (int now = 0; ended < jobs.size(); ++now) {
    // What happens at this moment: arrivals in the order of the file, an end, a preemption.
    for (Plain& j : jobs) {
      if (j.arrives == now) queue.push_back(&j);
    }
    if (running != nullptr && running->left == 0) {
      running->end = now;
      running = nullptr;
      ++ended;
    }
    const bool outdone = running != nullptr && rule == Rule::priority &&
                         std::ranges::any_of(queue, [&](auto* j) { return better(j, running); });
    if (running != nullptr && !queue.empty() && (outdone || (slice > 0 && slice_left == 0))) {
      // Who is outdone has not had its turn.
      queue.insert(outdone ? queue.begin() : queue.end(), std::exchange(running, nullptr));
    } else if (running != nullptr && slice_left == 0) {
      slice_left = slice;
    }
    if (running == nullptr && !queue.empty()) {
      auto first = std::ranges::min_element(queue, better);
      running = *first;
      queue.erase(first);
      slice_left = slice;
    }
    if (running != nullptr) {
      --running->left;
      --slice_left;
    }
  }
  std::vector<int> ends;
  for (const Plain& j : jobs) ends.push_back(j.end);
  return ends;
}

Workload drawn(std::uint64_t seed, bool with_priorities) {
  Random random(seed);
  Workload w;
  w.slice = static_cast<Nanos>(random.below(3)) * 3 * kMilli;
  const std::uint64_t n = 1 + random.below(8);
  for (std::uint64_t i = 0; i < n; ++i) {
    Job& j = w.jobs.emplace_back();
    j.name = "J" + std::to_string(i);
    j.arrives = static_cast<Nanos>(random.below(30)) * kMilli;
    j.bursts = {static_cast<Nanos>(1 + random.below(20)) * kMilli};
    if (with_priorities) j.wishes.priority = static_cast<int>(random.below(4)) * 10;
  }
  return w;
}

}  // namespace

TEST_CASE("Simulate: the textbook's examples, by their numbers") {
  CHECK(near(under("fifo", example("convoy")).mean_waiting(), 17));
  CHECK(near(under("fifo", example("round_robin")).mean_waiting(), 17.0 / 3));
  CHECK(near(under("sjf", example("shortest")).mean_waiting(), 7));
  CHECK(near(under("fifo", example("shortest")).mean_waiting(), 10.25));
  CHECK(near(under("priority", example("priorities")).mean_waiting(), 8.2));
  // Rate-monotonic: the second job's first time is late, by 5 ms; then the earliest deadline.
  auto late = under("priority", example("deadlines"));
  CHECK(late.missed() == 1);
  CHECK(late.outcomes[8].missed());
  CHECK(late.outcomes[8].ended == 85 * kMilli);
  CHECK(under("edf", example("deadlines")).missed() == 0);
}

TEST_CASE("Simulate: who types is served sooner by mlfq than by fifo") {
  const Workload w = example("interactive");
  CHECK(under("mlfq", w).outcomes[0].waiting() * 3 < under("fifo", w).outcomes[0].waiting());
}

TEST_CASE("Simulate: a slice of the policy's own is as long as the policy says") {
  // mlfq: 2 ms at the top, twice as long a level below, each from the time it was dispatched.
  const Workload w = std::get<Workload>(parse("A at 0 run 30\nB at 0 run 30\n"));
  std::vector<Nanos> lengths;
  for (const Segment& g : under("mlfq", w).segments) {
    if (g.state == Segment::State::runs) lengths.push_back((g.end - g.begin) / kMilli);
  }
  CHECK(lengths == std::vector<Nanos>{2, 2, 4, 4, 8, 8, 16, 16});
}

TEST_CASE("Simulate: after a boost of mlfq nobody runs for longer than the top's slice") {
  const Workload w =
      std::get<Workload>(parse("hog at 0 run 1500\nother at 0 run 1500\n"
                               "key at 505 run 1 wait 5 run 1 wait 5 run 1 wait 5 run 1\n"));
  const auto key = under("mlfq", w).outcomes[2];
  CHECK(key.waiting() < 20 * kMilli);  // at the top, beside the two that were lifted there
}

TEST_CASE("Simulate: as a plain simulation does it") {
  const auto [policy, rule] = GENERATE(table<std::string, Rule>(
      {{"fifo", Rule::fifo}, {"sjf", Rule::shortest}, {"priority", Rule::priority}}));
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Workload w = drawn(seed, rule == Rule::priority);
    if (rule == Rule::shortest) w.slice = 0;  // what is left of it is not what it was queued with
    const Simulation s = under(policy, w);
    const std::vector<int> ends = plainly(rule, w);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      INFO(policy << ", seed " << seed << "\n" << to_text(w));
      REQUIRE(s.outcomes[i].ended == ends[i] * kMilli);
    }
  }
}

TEST_CASE("Simulate: under every policy each job gets its time, and the accounts agree") {
  for (const auto& policy : weft::lwp::policy_names()) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Workload w = drawn(seed, true);
      w.switch_cost = static_cast<Nanos>(seed % 3) * kMilli / 2;
      for (std::size_t i = 0; i < w.jobs.size(); i += 2) {
        w.jobs[i].bursts.insert(w.jobs[i].bursts.end(), {5 * kMilli, 3 * kMilli});
      }
      const Simulation s = under(policy, w, seed);
      INFO(policy << ", seed " << seed << "\n" << to_text(w));
      Nanos ran = 0;
      std::map<std::size_t, Nanos> runs, ready;
      Nanos free_at = 0;  // one CPU
      for (const Segment& g : s.segments) {
        REQUIRE(g.begin < g.end);
        if (g.state == Segment::State::ready) ready[g.job] += g.end - g.begin;
        if (g.state != Segment::State::runs) continue;
        REQUIRE(g.begin >= free_at);
        free_at = g.end;
        runs[g.job] += g.end - g.begin;
        ran += g.end - g.begin;
      }
      REQUIRE(ran == s.busy);
      for (const Outcome& o : s.outcomes) {
        const auto& bursts = w.jobs[o.job].bursts;
        REQUIRE(runs[o.job] == bursts[0] + (bursts.size() > 1 ? bursts[2] : 0));
        REQUIRE(o.ran == runs[o.job]);
        REQUIRE(o.waiting() == ready[o.job]);
        REQUIRE(o.response() >= 0);
      }
      REQUIRE(s.fairness() <= 1.0000001);
      REQUIRE(s.fairness() > 0);
    }
  }
}

TEST_CASE("Simulate: a workload is read and written, and what is wrong is named") {
  const Workload w = example("deadlines");
  auto again = parse(to_text(w));
  REQUIRE(std::holds_alternative<Workload>(again));
  CHECK(to_text(std::get<Workload>(again)) == to_text(w));
  CHECK(to_text(variant(w, 7)) == to_text(variant(w, 7)));
  CHECK(to_text(variant(w, 7)) != to_text(variant(w, 8)));
  CHECK(std::holds_alternative<Workload>(parse(to_text(variant(w, 7)))));

  const auto [text, line, word] =
      GENERATE(table<std::string, int, std::string>({{"", 0, ""},
                                                     {"# nothing\n", 1, ""},
                                                     {"P1 at 0\n", 1, ""},
                                                     {"P1 at\n", 1, ""},
                                                     {"P1 at 0 run 1 run 2\n", 1, "run"},
                                                     {"P1 at 0 wait 1\n", 1, "wait"},
                                                     {"P1 at 0 run 1 wait 2\n", 1, ""},
                                                     {"P1 at 0 run 0\n", 1, "0"},
                                                     {"P1 at 0 run -1\n", 1, "-1"},
                                                     {"P1 at 0 run nan\n", 1, "nan"},
                                                     {"P1 at 0 run 1\nP1 at 0 run 1\n", 2, "P1"},
                                                     {"P1 at 0 run 1 priority 99\n", 1, "99"},
                                                     {"P1 at 0 run 1 times 3\n", 1, ""},
                                                     {"P1 at 0 run 1 colour red\n", 1, "colour"},
                                                     {"slice 0\nP1 at 0 run 1\n", 1, "0"},
                                                     {"slice 4 5\nP1 at 0 run 1\n", 1, "5"}}));
  CAPTURE(text);
  auto parsed = parse(text);
  REQUIRE(std::holds_alternative<BadLine>(parsed));
  CHECK(std::get<BadLine>(parsed).line == line);
  CHECK(std::get<BadLine>(parsed).word == word);
}

TEST_CASE("Simulate: the chart shows each burst and fits the terminal") {
  const Workload w = example("round_robin");
  const std::string text = chart(w, under("fifo", w), 40, Say(Language::en));
  CHECK_THAT(text, Contains("P1  ████░░░░░░████████████████████\n") && Contains("P2  ░░░░███\n") &&
                       Contains("P3  ░░░░░░░███\n") && Contains("    0         10        20 ms\n"));
}

TEST_CASE("weft simulate: its JSON, its question, its refusals") {
  const std::string folder = std::string(WEFT_SOURCE_DIR) + "/labs/simulate/examples/";
  auto json = run_weft(
      {"simulate", "--policy", "sjf", "--workload", folder + "shortest.txt", "--json", "-"});
  CHECK(json.code == 0);
  auto all = nlohmann::json::parse(json.out);
  CHECK(all["schema"] == "weft.simulate/1");
  CHECK(all["mean_waiting"] == 7.0);
  CHECK(all["jobs"].size() == 4);
  auto own =
      run_weft({"simulate", "--workload", folder + "convoy.txt", "--policy",
                std::string(WEFT_SOURCE_DIR) + "/labs/policy/examples/fifo.cpp", "--json", "-"});
  CHECK(own.code == 0);
  CHECK(nlohmann::json::parse(own.out)["mean_waiting"] == 17.0);
  CHECK(run_weft({"simulate"}).code == 2);
  CHECK(run_weft({"simulate", "--workload", "/nowhere.txt"}).code == 2);
  CHECK(run_weft({"simulate", "--workload", folder + "convoy.txt", "--policy", "best"}).code == 2);
  CHECK(run_weft({"simulate", "--workload", std::string(WEFT_SOURCE_DIR) + "/README.md"}).code ==
        2);
}

TEST_CASE("weft simulate --predict: the answer is kept, with what was right") {
  const Folder mine;
  ::setenv("WEFT_MINE", mine.path.c_str(), 1);
  const std::string workload =
      std::string(WEFT_SOURCE_DIR) + "/labs/simulate/examples/shortest.txt";
  const auto answers = [&](const char* answer) {
    auto process =
        os::spawn_process({"/bin/sh", "-c",
                           "echo " + std::string(answer) + " | " + WEFT_PROGRAM +
                               " simulate --policy sjf --predict --workload " + workload});
    return finish(*process).out;
  };
  CHECK(answers("7").find("So far 1 of your 1") != std::string::npos);
  CHECK(answers("70").find("So far 1 of your 2") != std::string::npos);
  ::unsetenv("WEFT_MINE");
  std::ifstream in(mine.path / "state.json");
  const auto state = nlohmann::json::parse(in);
  CHECK(state["simulated"][1]["predicted"] == 70.0);
  CHECK(state["simulated"][1]["measured"] == 7.0);
}
