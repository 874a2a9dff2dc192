// SPDX-License-Identifier: BSL-1.0
// weft load as a person types it, against servers that answer at once.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "labs/load/experiment.hpp"
#include "labs/load/options.hpp"
#include "tests/catch.hpp"
#include "tests/labs/scripted_server.hpp"
#include "tests/labs/weft_program.hpp"

using namespace weft::labs;
using namespace weft::labs::load;
using namespace weft::labs::testing;
using weft::lwp::os::kMillisecond;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

std::string url_of(const ScriptedServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.address().port) + "/";
}

// A run whose requests took so long, each, and whose generator was late or not.
Trial trial(std::size_t variant, int round, double ms, bool late = false) {
  Trial t;
  t.variant = variant;
  t.round = round;
  for (int i = 0; i < 100; ++i) {
    t.out.latency.record(static_cast<weft::lwp::os::Nanos>(ms * 1e6));
    t.out.service.record(static_cast<weft::lwp::os::Nanos>(ms * 1e6));
    t.out.lag.record(late ? 5 * kMillisecond : 0);
  }
  t.out.answered = 100;
  return t;
}

Job two_variants() {
  Job job;
  job.variants = {{"a", {}, nullptr}, {"b", {}, nullptr}};
  return job;
}

}  // namespace

TEST_CASE("runs: their estimates, and a difference that holds in each round") {
  Experiment e;
  const double rounds[] = {10, 30, 20, 60, 40};  // the machine was not the same in each
  for (int i = 0; i < 5; ++i) {
    e.trials.push_back(trial(0, i, rounds[i]));
    e.trials.push_back(trial(1, i, rounds[i] + 2));
  }
  const auto all = results(two_variants(), e);
  REQUIRE(all.size() == 2);
  CHECK(all[0].runs.size() == 5);
  CHECK(all[0].all.latency.count() == 500);
  CHECK(all[0].of(measure("p50")).mean == Approx(32).epsilon(0.001));
  CHECK(*all[0].of(measure("p50")).half > 10);  // the runs alone would show nothing
  const auto c = change(all[0], all[1], measure("p50"));
  REQUIRE(c);
  CHECK(c->percent == Approx(100 * 2.0 / 32).epsilon(0.01));
  CHECK(c->shown());
  const auto none = change(all[0], all[0], measure("p50"));
  REQUIRE(none);
  CHECK_FALSE(none->shown());
}

TEST_CASE("runs that are not valid are shown and not counted") {
  Experiment e;
  e.trials = {trial(0, 0, 10, true), trial(0, 0, 20), trial(0, 1, 20), trial(1, 0, 7, true)};
  const auto all = results(two_variants(), e);
  CHECK(all[0].valid());
  CHECK(all[0].not_valid == 1);
  CHECK(all[0].runs.size() == 2);
  CHECK(all[0].of(measure("p50")).mean == Approx(20).epsilon(0.001));
  CHECK_FALSE(all[1].valid());  // of none valid, all are shown
  CHECK(all[1].runs.size() == 1);
  CHECK_FALSE(change(all[0], all[1], measure("p50")));
}

TEST_CASE("weft load refuses what makes no sense") {
  Folder folder;
  std::ofstream(folder / "mix") << "1 GET /a\n1 POST /b\n";
  const std::string url = "127.0.0.1:1";
  const std::vector<std::vector<std::string>> lines = {
      {},
      {url, "--variant", "a=127.0.0.1:2"},
      {"--variant", "127.0.0.1:2"},
      {"--variant", "a=127.0.0.1:2", "--variant", "a=127.0.0.1:3"},
      {url, "--poisson"},
      {url, "--session", "5"},
      {url, "--rate", "5", "--think", "constant:5"},
      {url, "--think", "often:5"},
      {url, "--rate", "5", "--sweep"},
      {url, "--rate", "5", "--session", "5", "--pipeline", "2"},
      {url, "--pipeline", "0"},
      {url, "--runs", "0"},
      {url, "--requests-per-connection", "0"},
      {url, "--slow-readers", "8"},
      {url, "--zipf", "1"},
      {url, "--objective", "100"},
      {url, "--mix", folder / "mix"},
      {url, "--mix", folder / "none"},
      {url, "--mix", folder / "mix", "--urls", folder / "mix"},
      {url, "--sweep", "--hgrm", folder / "h"},
      {url, "--sweep", "--expect", "p99<5ms"},
      {url, "--expect", "p98<5ms"}};
  for (auto line : lines) {
    CAPTURE(line);
    line.insert(line.begin(), "load");
    CHECK(run_weft(line).code == 2);
  }
}

TEST_CASE("weft load compares two servers over several runs") {
  Folder folder;
  auto ok = [](int) { return Reply{kOk}; };
  ScriptedServer a(ok), b(ok);
  const auto answer =
      run_weft({"load", "--variant", "first=" + url_of(a), "--variant", "second=" + url_of(b),
                "--rate", "100", "--duration", "0.3", "--warm-up", "0.05", "--runs", "3", "--json",
                folder / "json", "--csv", folder / "csv", "--report", folder / "html"});
  CAPTURE(answer.out);
  CHECK(answer.code == 0);
  CHECK(answer.out.find("second") != std::string::npos);
  const auto json = nlohmann::json::parse(content(folder / "json"));
  CHECK(json["schema"] == "weft.load/2");
  REQUIRE(json["variants"].size() == 2);
  CHECK(json["variants"][0]["name"] == "first");
  CHECK(json["variants"][0]["availability"]["share"] == 1.0);
  CHECK(json["variants"][1]["estimates"]["p50"]["mean"].get<double>() > 0);
  // A line for each run, those measured again too, and a head.
  const std::string csv = content(folder / "csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') >= 7);
  CHECK(csv.starts_with("run,variant,round,rate,valid,server_cpu,answered,time_outs,rps,"));
  CHECK(content(folder / "html").find("<polyline") != std::string::npos);
}

TEST_CASE("weft load --sweep finds a capacity and goes beyond it") {
  Folder folder;
  ScriptedServer server([](int) { return Reply{kOk, Then::close, 2 * kMillisecond}; });
  const auto answer = run_weft({"load", url_of(server), "--sweep", "--duration", "0.2", "--warm-up",
                                "0.05", "--json", folder / "json", "--report", folder / "html"});
  CAPTURE(answer.out);
  CHECK(answer.code == 0);
  const auto json = nlohmann::json::parse(content(folder / "json"));
  CHECK(json["schema"] == "weft.load-sweep/1");
  const auto& one = json["variants"][0];
  const double capacity = one["capacity_rps"];
  CHECK(capacity > 20);
  CHECK(capacity < 500);
  REQUIRE(one["steps"].size() == 12);
  CHECK(one["steps"][11]["rate"].get<double>() == Approx(1.2 * capacity));
  CHECK(content(folder / "html").find("<polyline") != std::string::npos);
}

TEST_CASE(
    "weft load asks for what a mix says, and writes .hgrm and the claims it was asked about") {
  Folder folder;
  std::ofstream(folder / "mix") << "3 GET /{1-3}\n1 PUT /up 100\n";
  ScriptedServer server([](int) { return Reply{kOk}; });
  const auto answer =
      run_weft({"load", url_of(server), "--mix", folder / "mix", "--connections", "1", "--duration",
                "0.2", "--warm-up", "0", "--hgrm", folder / "hgrm", "--expect",
                "availability>=99.9", "--expect", "service-p50<10s"});
  CAPTURE(answer.out);
  CHECK(answer.code == 0);
  CHECK(content(folder / "hgrm").find("1/(1-Percentile)") != std::string::npos);
}
