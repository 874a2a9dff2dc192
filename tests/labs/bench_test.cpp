// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "labs/bench/report.hpp"
#include "labs/columns.hpp"
#include "tests/catch.hpp"

using namespace weft::labs;
using namespace weft::labs::bench;
namespace os = weft::lwp::os;
using nlohmann::json;

namespace {

std::string refused(const Flags& f) {
  auto made = make_plan(f, 2, Say());
  auto* why = std::get_if<Refusal>(&made);
  if (why) CHECK(why->exit_code == 2);
  return why ? why->message : "";
}
Plan planned(const Flags& f, int cpus = 2) {
  auto made = make_plan(f, cpus, Say());
  REQUIRE(std::holds_alternative<Plan>(made));
  return std::get<Plan>(made);
}
std::set<std::string> ids(const Plan& plan) {
  std::set<std::string> all;
  for (const Row& row : plan.rows) all.insert(row.id());
  return all;
}

// Figures for all rows, made up: the first 100, the next 101, …
Results made_up(const Plan& plan) {
  Results results;
  double figure = 100;
  for (const Row& row : plan.rows) {
    results.push_back({.row = row, .operations = 10});
    results.back().figures = {figure - 1, figure, figure + 2};
    figure += 1;
  }
  return results;
}

// What every weft.bench/1 must have, whatever the machine.
void check_shape(const json& all) {
  CHECK(all.at("schema") == "weft.bench/1");
  REQUIRE_FALSE(all.at("results").empty());
  for (const json& r : all.at("results")) {
    CAPTURE(r.dump());
    CHECK(engine_named(r.at("engine").get<std::string>()).has_value());
    CHECK((r.at("mapping").is_null() ||
           weft::fibers::mapping_named(r.at("mapping").get<std::string>()).has_value()));
    CHECK(r.at("lwps").get<int>() >= 1);
    CHECK(r.at("count").get<long>() >= 1);
    CHECK(r.at("runs").get<int>() >= 1);
    const double median = r.at("median");
    CHECK(std::isfinite(median));
    CHECK(r.at("min").get<double>() <= median);
    CHECK(median <= r.at("max").get<double>());
    if (r.at("unit") == "ns") CHECK(r.at("min").get<double>() > 0);
  }
}

}  // namespace

TEST_CASE("bench: what is misspelt is refused, with the nearest right word") {
  CHECK(refused({.names = {"yeild"}}).find("Did you mean yield?") != std::string::npos);
  CHECK(refused({.engines = "weft,boost"}).find("Did you mean boost-fiber?") != std::string::npos);
  CHECK(refused({.engines = "weft,"}).starts_with("there is no engine ''"));
  CHECK(refused({.expect = "target"}).find("Did you mean targets?") != std::string::npos);
  CHECK(refused({.lwps = -1}).starts_with("--lwps must be within"));
  CHECK(refused({.runs = 100}).starts_with("--runs must be within"));
  CHECK(refused({.names = {"gap-sleep"}, .engines = "bare"}).starts_with("no row of gap-sleep"));
}

TEST_CASE("bench: every row has an id of its own, and each target's base is a row") {
  for (int cpus : {1, 2}) {
    Plan plan = planned({}, cpus);
    auto all = ids(plan);
    CHECK(all.size() == plan.rows.size());
    CHECK(all.contains(std::string(kUnit)));
    for (const Row& row : plan.rows) {
      CAPTURE(row.id());
      if (row.target && !row.target->of.empty()) CHECK(all.contains(row.target->of));
    }
  }
}

TEST_CASE("bench: the rows asked for come with those they are held against") {
  CHECK(ids(planned({.names = {"spawn-join"}, .engines = "weft"})) ==
        std::set<std::string>{"switch/bare/1", "spawn-join/bare/1", "spawn-join/weft/1"});
  CHECK(ids(planned({.names = {"skynet"}, .engines = "weft", .lwps = 3})) ==
        std::set<std::string>{"switch/bare/1", "spawn-join/bare/1", "skynet/weft/1",
                              "skynet/weft/3"});
}

TEST_CASE("bench: what takes long is measured only by name, beside rows of its own") {
  CHECK_FALSE(ids(planned({})).contains("echo-64/epoll/1"));
  Plan plan = planned({.names = {"servers"}, .engines = "weft"});
  auto all = ids(plan);
  CHECK(all.contains("file-1M+fsm/weft/1"));
  CHECK(all.contains("file-1M/lighttpd/1"));
  CHECK_FALSE(all.contains("file-1M/nginx/1"));
  CHECK_FALSE(all.contains(std::string(kUnit)));
  for (const Row& row : plan.rows) CHECK(all.contains(row.beside));
  CHECK(screen(plan, made_up(plan), Terminal()).find("× peer") != std::string::npos);
}

TEST_CASE(
    "bench: figures in doubt are shown, and neither they nor what is held against them judged") {
  Plan plan = planned({.names = {"yield"}, .engines = "weft"});
  plan.rows.front().doubt = [] { return "nobody was busy"; };  // the unit
  Results results = made_up(plan);
  results.front().doubt = plan.rows.front().doubt();
  const std::string text = screen(plan, results, Terminal());
  CHECK(text.find("no measurement: nobody was busy") != std::string::npos);
  for (const Result& result : results) {
    if (result.row.target && result.row.target->of == kUnit)
      CHECK_FALSE(met(results, result).has_value());
  }
  CHECK(json::parse(to_json(results)).at("results").at(0).at("doubt") == "nobody was busy");
}

TEST_CASE("bench: a run that counts rates is as long as its window, too") {
  Plan plan;
  plan.runs = 1;
  plan.window = 10 * os::kMillisecond;
  plan.rows = {{.name = "x", .unit = "/s", .run = [](long) { return 1e6; }}};
  plan.rows.front().windows = 2;
  auto n = static_cast<double>(measure(plan, [](int, const Row&) {}).front().operations);
  CHECK(n <= 20'000);
  CHECK(n > 16'000);
}

TEST_CASE("bench: on one CPU the rows with several LWPs are left out, and it says so") {
  Plan one = planned({.names = {"channel", "mutex"}, .engines = "weft"}, 1);
  CHECK(one.one_cpu);
  CHECK(ids(one) == std::set<std::string>{"switch/bare/1", "channel/weft/1"});
  CHECK(screen(one, made_up(one), Terminal()).find("may use one CPU only") != std::string::npos);
  // Unless they are asked for.
  Plan asked = planned({.names = {"channel"}, .engines = "weft", .lwps = 2}, 1);
  CHECK_FALSE(asked.one_cpu);
  CHECK(ids(asked).contains("channel/weft/2"));
}

TEST_CASE("bench: a target is a limit, or times another row's median") {
  Plan plan = planned({.names = {"yield", "mutex"}, .engines = "weft"});
  Results results = made_up(plan);
  auto result = [&](std::string_view id) -> Result& {
    return *std::ranges::find(results, id, [](const Result& r) { return r.row.id(); });
  };
  result(kUnit).figures = {1, 4, 9};
  Result& yield = result("yield/weft/1");
  yield.figures = {8};
  CHECK(limit_of(results, yield) == 8);
  CHECK(met(results, yield) == true);
  yield.figures = {8, 9};
  CHECK(yield.median() == 8.5);
  CHECK(met(results, yield) == false);
  CHECK(screen(plan, results, Terminal())
            .find("yield/weft/1: 2.12, the target is ≤ 2.00 × switch/bare/1.") !=
        std::string::npos);
  Result& fewest = result("mutex-fewest/weft/2");
  fewest.figures = {0.5};
  CHECK(met(results, fewest) == true);
  fewest.figures = {0.49};
  CHECK(met(results, fewest) == false);
  CHECK_FALSE(met(results, result("switch/bare/1")).has_value());
  // What could not be measured has not met its target; without a base nothing is said.
  fewest.figures.clear();
  fewest.failed = "no thread";
  CHECK(met(results, fewest) == false);
  CHECK(screen(plan, results, Terminal()).find("not measured: no thread") != std::string::npos);
  result(kUnit).figures.clear();
  CHECK_FALSE(met(results, yield).has_value());
}

TEST_CASE("bench: the screen fits 80 columns in both languages") {
  Plan plan = planned({});
  for (double size : {1.0, 777.7, 1e5, 1e8}) {
    Results results = made_up(plan);
    for (Result& result : results)
      for (double& figure : result.figures) figure *= result.row.unit.empty() ? 0.01 : size;
    for (Language language : {Language::en, Language::zh}) {
      Terminal terminal;
      terminal.say = Say(language);
      std::string text = screen(plan, results, terminal);
      for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        CAPTURE(text.substr(at, end - at));
        CHECK(columns(text.substr(at, end - at)) <= 80);
        at = end + 1;
      }
    }
  }
}

TEST_CASE("bench: rows take turns, and one that cannot run does not stop the others") {
  std::string order;
  Plan plan;
  plan.runs = 3;
  plan.window = 1000;
  auto row = [&](const char* name) {
    return Row{.name = name,
               .run =
                   [&order, name](long n) {
                     order += name;
                     if (*name == 'b') throw std::runtime_error("no " + std::to_string(n));
                     return 1.0;
                   },
               .operations = 7};
  };
  plan.rows = {row("a"), row("b"), row("c")};
  plan.rows.back().most_runs = 2;
  Results results = measure(plan, [](int, const Row&) {});
  CHECK(order == "abcaca");
  CHECK(results[0].figures.size() == 3);
  CHECK(results[1].figures.empty());
  CHECK(results[1].failed == "no 7");
  CHECK(results[2].figures.size() == 2);
}

TEST_CASE("bench: a run is as long as its window, whatever an operation takes") {
  for (double ns : {0.5, 20.0, 3e4, 5e7}) {
    Plan plan;
    plan.runs = 1;
    plan.window = 10 * os::kMillisecond;
    plan.rows = {{.name = "x", .run = [ns](long) { return ns; }}};
    auto n = static_cast<double>(measure(plan, [](int, const Row&) {}).front().operations);
    CAPTURE(ns, n);
    CHECK((n * ns <= 1e7 || n == 2));
    CHECK((n * ns > 0.8e7 || n >= 1e8 || n == 2));
  }
}

TEST_CASE("bench: the program measures every row and writes weft.bench/1 (alone)") {
  auto path = std::filesystem::temp_directory_path() /
              ("weft-bench-" + std::to_string(os::thread_id()) + ".json");
  auto program =
      os::spawn_process({WEFT_PROGRAM, "bench", "--quick", "--runs", "1", "--json", path.string()});
  REQUIRE(program);
  std::array<std::byte, 4096> buffer;
  while (true) {  // its table, which a full pipe would hold up
    auto n = os::read(program->out(), buffer);
    if (!n || *n == 0) break;
  }
  auto exit = program->wait(os::now() + 60 * os::kSecond);
  REQUIRE(exit);
  CHECK(exit->code == 0);
  std::ifstream file(path);
  json all = json::parse(file);
  check_shape(all);
  std::set<std::string> measured;
  for (const json& r : all.at("results"))
    measured.insert(r.at("name").get<std::string>() + '/' + r.at("engine").get<std::string>() +
                    '/' + std::to_string(r.at("lwps").get<int>()));
  const int cpus = static_cast<int>(os::allowed_cpus().size());
  CHECK(measured == ids(planned({.quick = true}, cpus)));
  // What is shared with who made it is found out by trying, and comes out the same everywhere.
  for (const json& r : all.at("results")) {
    if (r.at("name") != "cost-shared") continue;
    const std::string engine = r.at("engine");
    CAPTURE(engine);
    CHECK(r.at("median") == (engine == "bare"      ? 3
                             : engine == "weft"    ? 2
                             : engine == "pthread" ? 1
                                                   : 0));
  }
  std::filesystem::remove(path);
}
