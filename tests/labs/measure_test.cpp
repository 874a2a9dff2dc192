// SPDX-License-Identifier: BSL-1.0
// weft measure, end to end. A call of 200 ms that stops a ticker stops it for as long, whatever the
// machine; one that does not would have to be late by half of that to be taken for it.
#include <nlohmann/json.hpp>

#include "tests/labs/weft_program.hpp"

using namespace weft::labs::testing;
using Catch::Matchers::Contains;

TEST_CASE("weft measure: who stands still beside a blocking read (alone)") {
  Folder folder;
  auto answer = run_weft({"measure", "pipe", "--json", folder / "out.json", "--lang", "en"});
  INFO(answer.out);
  REQUIRE(answer.code == 0);
  CHECK_THAT(answer.out, Contains("many-to-one") && Contains("handoff") && Contains("Boost.Fiber"));
  auto all = nlohmann::json::parse(content(folder / "out.json"));
  CHECK(all["schema"] == "weft.measure/1");
  CHECK(all["rows"].size() == 6);
  for (const auto& row : all["rows"]) {
    INFO(row.dump());
    CHECK(row["operation"] == "pipe");
    CHECK(row["call_ms"].get<double>() >= 199);
    const bool hands_off = row["on_block"] == "handoff";
    if (hands_off && !os::has(os::Feature::membarrier)) continue;  // nothing can be revoked
    const bool stops_all = row["mapping"] == "many-to-one" && row["on_block"] == "hold";
    CHECK(row["stood_still"] == stops_all);
    if (stops_all) CHECK(row["gap_ms"].get<double>() >= 199);
    if (row["engine"] != "weft" || !(stops_all || hands_off)) continue;
    const auto& episode = row["episode"];
    REQUIRE(episode.is_object());
    CHECK(episode["handed_off"] == hands_off);
    if (!os::has(os::Feature::proc_syscall)) continue;  // which call it was is not shown
    CHECK(episode["call"] == "read");
    CHECK_THAT(episode["path"].get<std::string>(), Contains("pipe:"));
    if (stops_all) CHECK(episode["collateral_ms"].get<double>() > 100);
  }
}

TEST_CASE("weft measure: who stands still beside a computation (alone)") {
  Folder folder;
  auto answer = run_weft({"measure", "compute", "--json", folder / "out.json", "--lang", "en"});
  INFO(answer.out);
  REQUIRE(answer.code == 0);
  auto all = nlohmann::json::parse(content(folder / "out.json"));
  REQUIRE(all["rows"].size() == 7);
  for (const auto& row : all["rows"]) {
    INFO(row.dump());
    const bool preempts = row["preempt_ms"] > 0 && os::has(os::Feature::membarrier);
    const bool one_lwp = row["mapping"] == "many-to-one" || row["on_block"] == "handoff";
    CHECK(row["stood_still"] == (one_lwp && !row["announced"].get<bool>() && !preempts));
    CHECK((row["preemptions"] > 0) == preempts);
  }
}

TEST_CASE("weft measure speaks Chinese and refuses what it does not know") {
  auto chinese = run_weft({"measure", "pipe", "--ms", "5", "--lang", "zh"});
  CHECK(chinese.code == 0);
  CHECK_THAT(chinese.out, Contains("纤程"));
  CHECK(run_weft({"measure", "pype"}).code == 2);
  CHECK(run_weft({"measure", "pipe", "--ms", "0"}).code == 2);
  CHECK(run_weft({"measure", "pipe", "--cpus", "0"}).code == 2);
}

TEST_CASE("weft measure --json writes to the standard output, or says that it could not") {
  // The words go to stderr, which run_weft does not read.
  auto json = run_weft({"measure", "pipe", "--ms", "5", "--json", "-"});
  CHECK(json.code == 0);
  INFO(json.out);
  CHECK(nlohmann::json::parse(json.out)["schema"] == "weft.measure/1");
  CHECK_FALSE(fs::exists("-"));
  CHECK(run_weft({"measure", "pipe", "--ms", "5", "--json", "/dev/full"}).code == 3);
  CHECK(run_weft({"measure", "pipe", "--ms", "5", "--json", "/nowhere/x.json"}).code == 2);
}
