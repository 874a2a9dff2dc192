// SPDX-License-Identifier: BSL-1.0
// weft-explorer: the program that runs another, compiled into a library, under one schedule after
// another. `weft explore` starts it and tells what it found; between them goes JSON.
//   weft-explorer FILE    (labs/sealed.hpp)
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "fibers/fiber.hpp"
#include "fibers/runtime.hpp"
#include "fibers/sync.hpp"
#include "labs/sealed.hpp"
#include "lwp/os.hpp"
#include "lwp/policy_check.hpp"
#include "lwp/policy_table.hpp"
#include "lwp/sim/explore.hpp"
#include "lwp/sim/guard.hpp"
#include "lwp/sim/heap.hpp"

namespace {

using namespace weft;
using nlohmann::json;
namespace os = lwp::os;
namespace sim = lwp::sim;

using Program = void (*)();

// What a policy is tried with: fibers that yield, wait for each other, wake each other and end.
void exercise_policy() {
  fibers::Mutex mutex;
  fibers::Semaphore there(0);
  auto taker = fibers::spawn({.name = "taker", .priority = 40}, [&] {
    there.acquire();
    std::lock_guard lock(mutex);
  });
  auto giver = fibers::spawn({.name = "giver", .priority = 20}, [&] {
    std::lock_guard lock(mutex);
    fibers::yield();
    there.release();
  });
  fibers::yield();
  taker.join();
  giver.join();
}

// The variables of some libraries, and the memory that they own, as they were when it was made.
class Variables {
 public:
  explicit Variables(const std::vector<Program>& functions) {
    auto places = sim::initial_blocks();
    for (Program f : functions) places.push_back(os::variables_of(f));
    for (const auto now : places) all_.push_back({now, {now.begin(), now.end()}});
  }
  std::vector<std::span<std::byte>> places() const {
    std::vector<std::span<std::byte>> out;
    for (const auto& one : all_) out.push_back(one.now);
    return out;
  }
  void restore() const {
    for (const auto& [now, before] : all_) std::ranges::copy(before, now.begin());
  }

 private:
  struct Of {
    std::span<std::byte> now;
    std::vector<std::byte> before;
  };
  std::vector<Of> all_;
};

const char* name(sim::Run::Verdict v) {
  switch (v) {
    case sim::Run::Verdict::passed:
      return "passed";
    case sim::Run::Verdict::failed:
      return "failed";
    case sim::Run::Verdict::deadlock:
      return "deadlock";
    case sim::Run::Verdict::too_long:
      return "too long";
  }
  return "";
}

const char* name(sim::Kind kind) {
  switch (kind) {
    case sim::Kind::property:
      return "property";
    case sim::Kind::race:
      return "race";
    case sim::Kind::exception:
      return "exception";
    case sim::Kind::crash:
      return "crash";
    case sim::Kind::exits:
      return "exits";
    case sim::Kind::computes:
      return "computes";
    case sim::Kind::kernel:
      return "kernel";
    case sim::Kind::stranger:
      return "stranger";
    case sim::Kind::unsteady:
      return "unsteady";
    case sim::Kind::leak:
      return "leak";
  }
  return "";
}

json to_json(const sim::Run& run, std::span<const std::byte> module) {
  json story = json::array();
  for (const auto& s : run.story) {
    json step = {{"step", s.number}, {"thread", s.thread},       {"fiber", s.fiber},
                 {"who", s.who},     {"file", s.file},           {"line", s.line},
                 {"event", s.event}, {"operation", s.operation}, {"calls", json::array()}};
    step["object"] = reinterpret_cast<std::uintptr_t>(s.object);
    for (const void* pc : s.calls) {
      step["calls"].push_back(static_cast<const std::byte*>(pc) - module.data());
    }
    story.push_back(std::move(step));
  }
  json figures = json::array();
  for (const auto& [figure, value] : run.figures) {
    figures.push_back({{"name", figure}, {"value", value}});
  }
  json out = {{"verdict", name(run.verdict)}, {"what", run.what},   {"races_with", run.races_with},
              {"threads", run.names},         {"steps", run.steps}, {"story", std::move(story)}};
  out["kind"] = name(run.kind);
  out["blocked_in"] = run.blocked_in;
  out["figures"] = std::move(figures);
  return out;
}

template <class Function>
Function find(const std::string& library, const char* symbol, std::string& why) {
  const sim::Loading loading;
  return reinterpret_cast<Function>(os::library_function(library, symbol, why));
}

json explored(const json& asked) {
  std::string why;
  const std::string library = asked.at("library"), policy_library = asked.at("policy_library");
  std::string policy = asked.at("policy");
  std::vector<Program> loaded;  // a function of each library
  auto program = find<Program>(library, "_Z7programv", why);
  if (program != nullptr) loaded.push_back(program);
  if (!policy_library.empty() || program == nullptr) {
    auto exported = find<const lwp::PolicyExport* (*)()>(
        policy_library.empty() ? library : policy_library, "weft_policy", why);
    if (exported == nullptr) return {{"error", why}};
    if (exported()->layout != lwp::policy_layout()) return {{"error", "another layout"}};
    policy = "./file.cpp";
    lwp::add_policy(policy, exported()->type);
    loaded.push_back(reinterpret_cast<Program>(exported));
  }
  if (program == nullptr) program = exercise_policy;
  const fibers::Config config{.mapping = fibers::Mapping::many_to_many,
                              .lwps = asked.at("lwps"),
                              .policy = policy,
                              .dump_on_sigquit = false};
  if (auto refusal = fibers::refuse(config)) return {{"error", *refusal}};
  // Each run finds the program's variables as they were, and the runtime's as a run leaves them.
  const Variables variables(loaded);
  const bool leaks = asked.at("leaks");
  const std::function<void()> whole = [&] {
    variables.restore();
    {
      fibers::Runtime runtime(config);
      runtime.run(program);
    }
    if (leaks) sim::check_leaks();
  };
  sim::replay([&] { fibers::Runtime(config).run([] {}); }, {}, {});

  sim::Search search;
  if (asked.at("strategy") == "pct") search.strategy = sim::Search::Strategy::pct;
  search.preemptions = asked.at("preemptions");
  search.depth = asked.at("depth");
  search.runs = asked.at("iterations");
  search.seed = asked.at("seed");
  search.time = asked.at("time_limit");
  search.limits.steps = asked.at("steps");
  search.limits.faults = asked.at("faults");
  search.limits.calls_are_steps = !asked.at("inside");
  using Plain = sim::Limits::Plain;
  search.limits.plain = !asked.at("races") ? Plain::unseen
                        : config.lwps > 1  ? Plain::of_fibers
                                           : Plain::of_threads;
  search.limits.module = os::module_of(loaded.front());
  search.limits.variables = variables.places();

  if (asked.contains("schedule")) {
    sim::Guard guard;
    auto schedule = sim::schedule_of(asked.at("schedule").get<std::string>());
    if (!schedule) return {{"error", "no schedule"}};
    search.limits.story = 20'000;
    auto replayed = sim::replay(whole, *schedule, search.limits);
    json out = to_json(replayed.run, search.limits.module);
    out["diverged_at"] = nullptr;
    if (replayed.diverged_at) out["diverged_at"] = *replayed.diverged_at;
    out["policy_is_target"] = program == exercise_policy;
    return out;
  }
  sim::Result found = sim::explore(whole, search);
  json out = found.failure ? to_json(*found.failure, search.limits.module)
                           : json{{"verdict", "passed"}, {"what", ""}, {"blocked_in", ""}};
  out["policy_is_target"] = program == exercise_policy;
  out["runs"] = found.runs;
  out["exhaustive"] = found.exhaustive;
  out["most_steps"] = found.most_steps;
  out["bound"] = found.bound;
  out["schedule"] = sim::token(found.schedule);
  return out;
}

}  // namespace

int main(int, char** argv) {
  weft::labs::Asked asked(argv[1]);
  lwp::always_check_policies();
  // What the program prints is printed once for each schedule.
  std::freopen("/dev/null", "w", stdout);
  json out;
  try {
    out = explored(asked.question());
  } catch (const std::exception& error) {
    out = {{"error", error.what()}};
  }
  asked.answer(std::move(out));
  // Runs that failed have left their stacks and what stands on them: nothing is undone.
  std::_Exit(0);
}
