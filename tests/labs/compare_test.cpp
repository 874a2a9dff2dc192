// SPDX-License-Identifier: BSL-1.0
// weft compare and the command tree as a person meets them: the built program, end to end. What a
// short run measures on a busy machine is not judged here, only its shape.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "labs/compare/server.hpp"
#include "lwp/os.hpp"
#include "tests/catch.hpp"
#include "tests/labs/weft_program.hpp"

using namespace weft::lwp::os;
using namespace weft::labs::testing;
namespace fs = std::filesystem;

namespace {

std::size_t scratch_folders() {
  std::size_t n = 0;
  for (const auto& entry : fs::directory_iterator(temporary()))
    n += entry.path().filename().string().starts_with("weft-compare-");
  return n;
}

}  // namespace

TEST_CASE("a client that stood still for a whole window still gets the counters of both its ends") {
  Folder folder;
  auto server = weft::labs::compare::ServerProcess::start(
      WEFT_PROGRAM, {"serve", "--port", "0", "--root", folder.path}, {});
  REQUIRE(server);
  for (int i = 0; i < 100; ++i) {
    server->window_begins();
    server->window_ends();
    auto [before, after] = server->ends();
    REQUIRE(before);
    REQUIRE(after);
    REQUIRE(before->now < after->now);
  }
  server->stop();
}

TEST_CASE("weft compare: servers, clients, files, screen, JSON and report") {
  Folder folder;
  std::ofstream(folder / "page.html") << "<p>served</p>";
  std::size_t before = scratch_folders();
  auto answer = run_weft(
      {"compare",  "--seconds",         "1",      "--runs",    "1",       "--scale",
       "50",       "--quick",           "--root", folder.path, "--json",  folder / "out.json",
       "--report", folder / "out.html", "--lang", "en",        "--color", "never",
       "--expect", "errors=0"});
  CHECK(answer.code == 0);
  CHECK(answer.out.starts_with("One blocking read: who has to wait?\n"));
  for (const char* row : {"\nsingle-threaded ", "\n8 workers, many-to-one ",
                          "\n8 workers, many-to-many ", "\n8 workers, many-to-many, handoff ",
                          "\n8 workers, one-to-one ", "Boost.Fiber ", "\nfinite-state machine "})
    CHECK(answer.out.find(row) != std::string::npos);
  CHECK(answer.out.find("\nMeasured ") != std::string::npos);

  auto json = nlohmann::json::parse(content(folder / "out.json"));
  CHECK(json["schema"] == "weft.compare/1");
  REQUIRE(json["rows"].size() == 7);
  for (const auto& row : json["rows"]) {
    CAPTURE(row.dump());
    CHECK(row["measured_rps"].get<double>() > 0);
    CHECK(row["p99_ms"].get<double>() > 0);
    CHECK(row["cpu_utilisation"].get<double>() > 0);
    CHECK(row["rss_kb"].get<int>() > 0);
    CHECK(row["errors"] == 0);
  }
  const std::string report = content(folder / "out.html");
  CHECK(report.find("</html>") != std::string::npos);
  // Recorded, one beside the other.
  for (const char* said : {R"("about":"many-to-one, 1 LWP)", R"("about":"many-to-many, 4 LWPs)",
                           R"("id":"found.blocked")"})
    CHECK(report.find(said) != std::string::npos);
  // The command line can be typed again: a flag has no value.
  CHECK(json["command"].get<std::string>().starts_with("./weft compare --"));
  CHECK(json["command"].get<std::string>().find(" true") == std::string::npos);
  CHECK(scratch_folders() == before);
}

TEST_CASE("weft compare: a list gives rows, Chinese is spoken, an expectation can fail") {
  auto answer = run_weft({"compare", "--seconds", "1", "--runs", "1", "--scale", "100",
                          "--no-report", "--workers", "2", "--lwps", "1,2", "--heads", "1,2",
                          "--lang", "zh", "--expect", "errors>0"});
  CHECK(answer.code == 1);
  CHECK(answer.out.starts_with("一次阻塞的 read()"));
  CHECK(answer.out.find("期望 errors>0：否") != std::string::npos);
}

TEST_CASE("weft compare ended by SIGTERM leaves nothing behind") {
  std::size_t before = scratch_folders();
  Process process = start({"compare", "--no-report"});
  // The servers run once the files are there.
  Nanos deadline = now() + 20 * kSecond;
  while (scratch_folders() == before && now() < deadline) yield_cpu();
  process.signal(SIGTERM);
  auto answer = finish(process);
  CHECK(answer.code == 130);
  CHECK(answer.out.empty());
  CHECK(scratch_folders() == before);
}

TEST_CASE("wrong use is exit 2 and measures nothing") {
  Nanos begin = now();
  const std::vector<std::vector<std::string>> wrong = {{"comapre"},
                                                       {"compare", "--scael", "1"},
                                                       {"compare", "--scale", "0"},
                                                       {"compare", "--scale", "fast"},
                                                       {"compare", "--lwps", "0"},
                                                       {"compare", "--root", "/nowhere/at/all"},
                                                       {"compare", "--report", "/nowhere/r.html"},
                                                       {"compare", "--expect", "nonsense"},
                                                       {"compare", "stray"},
                                                       {"load"},
                                                       {"load", "https://127.0.0.1/"},
                                                       {"load", "127.0.0.1:1", "--rate", "-1"},
                                                       {"load", "127.0.0.1:1", "--rate", "0"},
                                                       {"load", "127.0.0.1:1", "--seed", "-1"},
                                                       {"compare", "--seconds", "0.1"},
                                                       {"compare", "--report"},
                                                       {"doctor"},
                                                       {"--lang", "xx"}};
  for (const auto& arguments : wrong) {
    auto answer = run_weft(arguments);
    CAPTURE(arguments.back());
    CHECK(answer.code == 2);
    CHECK(answer.out.empty());  // errors go to standard error
  }
  CHECK(now() - begin < 30 * kSecond);
}

TEST_CASE("help and version are results, on standard output") {
  CHECK(run_weft({}).out == content(WEFT_SOURCE_DIR "/labs/help/weft.txt"));
  CHECK(run_weft({"--help"}).code == 0);
  CHECK(run_weft({"--version"}).out.starts_with("weft "));
  for (const char* command : {"compare", "load", "serve"}) {
    auto help = run_weft({command, "--help"});
    CHECK(help.code == 0);
    CHECK(help.out.find("Usage: weft ") != std::string::npos);
  }
}

TEST_CASE("weft load against weft serve") {
  Folder folder;
  std::ofstream(folder / "a.txt") << "hello";
  Process server = start({"serve", "--root", folder.path, "--port", "0", "--model", "fsm"});
  std::string line;
  std::byte one;
  while (!line.ends_with('\n') && read(server.out(), {&one, 1}).value() == 1)
    line += static_cast<char>(one);
  auto port = line.substr(line.rfind(':') + 1);
  port.pop_back();
  std::string url = "http://127.0.0.1:" + port + "/a.txt";

  for (std::vector<std::string> more : {std::vector<std::string>{"--connections", "3"},
                                        {"--keep-alive"},
                                        {"--rate", "200"},
                                        {"--rate", "200", "--poisson", "--keep-alive"}}) {
    std::vector<std::string> arguments = {
        "load",      url,        "--duration", "0.3",
        "--warm-up", "0.05",     "--json",     folder / "load.json",
        "--expect",  "errors=0", "--expect",   "rps>20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto answer = run_weft(arguments);
    CAPTURE(more[0], answer.out);
    CHECK(answer.code == 0);
    auto json = nlohmann::json::parse(content(folder / "load.json"));
    CHECK(json["schema"] == "weft.load/2");
    CHECK(json["loop"] == (more[0] == "--rate" ? "open" : "closed"));
  }
  CHECK(run_weft({"load", url, "--duration", "0.1", "--warm-up", "0", "--expect", "p99>9s"}).code ==
        1);
  server.signal(SIGTERM);
  CHECK(server.wait(now() + 20 * kSecond));
}
