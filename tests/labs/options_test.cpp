// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/options.hpp"

#include <filesystem>
#include <fstream>

#include "labs/compare/measure.hpp"
#include "labs/compare/server.hpp"
#include "labs/compare/tree.hpp"
#include "labs/expect.hpp"
#include "tests/catch.hpp"

using namespace weft::labs;
using namespace weft::labs::compare;
namespace fs = std::filesystem;

namespace {

using Relation = Expectation::Relation;
const std::vector<Metric> kMetrics = {{"rps"}, {"p99.9", true}, {"prediction"}};

Flags flags() {
  Flags f;
  f.no_report = true;
  return f;
}
// The refusal's message, "" if it is none.
std::string refused(const Flags& f) {
  auto read = read_options(f, Say());
  auto* why = std::get_if<Refusal>(&read);
  if (why) CHECK((why->exit_code == 2 || why->exit_code == 3));
  return why ? why->message : "";
}
Options accepted(const Flags& f) {
  auto read = read_options(f, Say());
  REQUIRE(std::holds_alternative<Options>(read));
  return std::get<Options>(read);
}

}  // namespace

TEST_CASE("expectations are read with any relation and unit") {
  auto e = parse_expectation("p99.9 < 5us", kMetrics);
  REQUIRE(e);
  CHECK(e->metric == "p99.9");
  CHECK(e->relation == Relation::less);
  CHECK(e->value == Approx(0.005));
  CHECK(e->holds(0.004));
  CHECK_FALSE(e->holds(0.005));
  CHECK(parse_expectation("p99.9<=2s", kMetrics)->value == 2000);
  CHECK(parse_expectation("rps>=1e3", kMetrics)->holds(1000));
  CHECK(parse_expectation("rps==7", kMetrics)->relation == Relation::equal);
  CHECK(parse_expectation("prediction=10%", kMetrics)->value == 10);
  for (const char* bad : {"", "rps", "rps>", "rps>x", "speed>5", "rps>5ms", "p99.9<5", "p99.9<5%",
                          "p99.9<5h", "<5", "rps=>5"})
    CHECK_FALSE(parse_expectation(bad, kMetrics));
}

TEST_CASE("lists and numbers out of range are refused before anything is started") {
  auto with = [](auto change) {
    Flags f = flags();
    change(f);
    return refused(f);
  };
  CHECK(refused(flags()).empty());
  CHECK(with([](Flags& f) { f.scale = 0; }).starts_with("--scale must be within"));
  CHECK(with([](Flags& f) { f.lwps = "0"; }).starts_with("--lwps must be within 1–256"));
  CHECK(with([](Flags& f) { f.workers = "8,x"; }).starts_with("'8,x' is no list for --workers"));
  CHECK(with([](Flags& f) { f.heads = ""; }).starts_with("'' is no list"));
  CHECK(with([](Flags& f) { f.heads = "1,"; }).starts_with("'1,' is no list"));
  CHECK(with([](Flags& f) { f.lwps = "1,2,3,4,5,6,7,8,9"; }).find("no list") != std::string::npos);
  CHECK(with([](Flags& f) { f.runs = -1; }).starts_with("--runs"));
  for (double seconds : {-1.0, 0.1, 3601.0})
    CHECK(with([&](Flags& f) { f.seconds = seconds; }).starts_with("--seconds must be within 1"));
  CHECK(with([](Flags& f) { f.json = "-"; }).empty());
  CHECK(with([](Flags& f) { f.clients = 0; }).starts_with("--clients"));
  CHECK(with([](Flags& f) { f.quick = f.thorough = true; }).starts_with("--quick and --thorough"));
  CHECK(with([](Flags& f) { f.root = "/nowhere/at/all"; }).starts_with("--root /nowhere"));
  CHECK(with([](Flags& f) { f.json = "/nowhere/x.json"; }).starts_with("cannot write /nowhere"));
  CHECK(with([](Flags& f) {
          f.no_report = false;
          f.report = "/nowhere/x.html";
        }).starts_with("cannot write /nowhere"));
  CHECK(with([](Flags& f) { f.expect = {"p99<5ms"}; }).starts_with("'p99<5ms' is no expectation"));
}

TEST_CASE("checking that a file can be written leaves what is there") {
  auto path =
      fs::temp_directory_path() / ("weft-options-" + std::to_string(weft::lwp::os::thread_id()));
  Flags f = flags();
  f.json = path;
  CHECK(refused(f).empty());
  CHECK_FALSE(fs::exists(path));
  std::ofstream(path) << "old";
  CHECK(refused(f).empty());
  CHECK(fs::file_size(path) == 3);
  fs::remove(path);
}

TEST_CASE("quick, default and thorough keep their promise of time") {
  struct Promise {
    bool quick, thorough;
    double most;
  };
  for (auto [quick, thorough, most] :
       {Promise{true, false, 15}, {false, false, 20}, {false, true, 60}}) {
    Flags f = flags();
    f.quick = quick;
    f.thorough = thorough;
    Options o = accepted(f);
    auto s = schedule(o, rows_for(o.setup));
    CAPTURE(quick, thorough);
    CHECK(static_cast<double>(s.total) / 1e9 < most - 2);  // time to start servers, and repetitions
    // Three decks of a single thread at least, in every round.
    CHECK(s.closed >= 359 * weft::lwp::os::kMillisecond);
  }
  Flags thorough = flags();
  thorough.thorough = true;
  CHECK(accepted(thorough).setup.heads == std::vector<int>{1, 8});
  thorough.heads_given = true;
  CHECK(accepted(thorough).setup.heads == std::vector<int>{8});
}

TEST_CASE("a slow scale takes the time that its windows need") {
  Flags f = flags();
  f.scale = 1;
  Options o = accepted(f);
  CHECK(schedule(o, rows_for(o.setup)).closed >= 3599 * weft::lwp::os::kMillisecond);
  CHECK(o.setup.open_rps == Approx(15));
}

TEST_CASE("a disk that is the bottleneck is given the time its queue needs to fill") {
  Setup setup;
  setup.heads = {1, 8};
  for (const auto& row : rows_for(setup))
    CHECK((warm_up(setup, row) > 200 * weft::lwp::os::kMillisecond) ==
          (row.heads == 1 && row.in_service > 1));
}

TEST_CASE("repeated numbers of a list count once") {
  Flags f = flags();
  f.lwps = "4,1,4";
  CHECK(accepted(f).setup.lwps == std::vector<int>{4, 1});
}

TEST_CASE("the tree: pages of our own, or links to somebody's, and gone afterwards") {
  std::string error, path;
  {
    auto tree = Tree::make("", 1, error);
    REQUIRE(tree);
    path = tree->path();
    CHECK(tree->files().size() == 30);
    for (const auto& file : tree->files()) {
      CHECK(fs::file_size(path + "/hot/" + file) >= 1000);
      CHECK(fs::file_size(path + "/hot/" + file) == fs::file_size(path + "/cold/" + file));
    }
  }
  CHECK_FALSE(fs::exists(path));

  auto root =
      fs::temp_directory_path() / ("weft-root-" + std::to_string(weft::lwp::os::thread_id()));
  fs::create_directories(root / "deep er");
  CHECK_FALSE(Tree::make(root, 1, error));  // empty
  CHECK(error.find("no readable regular file") != std::string::npos);
  std::ofstream(root / "deep er" / "a %20 b.html") << "page";
  fs::create_symlink("/etc/passwd", root / "link");
  {
    auto tree = Tree::make(root, 1, error);
    REQUIRE(tree);
    CHECK(tree->files() == std::vector<std::string>{"page0.html"});
    CHECK(fs::file_size(tree->path() + "/cold/page0.html") == 4);
  }
  CHECK(fs::file_size(root / "deep er" / "a %20 b.html") == 4);
  fs::remove_all(root);
}

TEST_CASE("counters are read from a server's line and differences kept in the book's units") {
  CHECK_FALSE(parse_counters("listening"));
  CHECK_FALSE(parse_counters("{\"schema\":\"other/1\"}"));
  auto a = parse_counters(R"({"schema":"weft.serve/1","now_ns":1000000000,"cpu_ns":0,"requests":5,
      "blocking_reads":2,"rss_kb":7,"longest_idle_ns":7500000,"mapping":null})");
  auto b = parse_counters(R"({"schema":"weft.serve/1","now_ns":3000000000,"cpu_ns":500000000,
      "requests":505,"blocking_reads":12,"rss_kb":9,"longest_idle_ns":8000000})");
  REQUIRE((a && b));
  Counted sum;
  add_window(sum, *a, *b, 10);
  add_window(sum, *a, *b, 10);
  CHECK(sum.window_s == Approx(40));
  CHECK(sum.cpu_s == Approx(10));
  CHECK(sum.requests == 1000);
  CHECK(sum.blocking_reads == 20);
  CHECK(sum.rss_kb == 9);
  CHECK(sum.longest_idle_ms == Approx(80));
}

TEST_CASE("a row becomes the arguments of weft serve") {
  Setup setup;
  auto rows = rows_for(setup);
  auto joined = [&](const RowSpec& row) {
    std::string out;
    for (const auto& word : serve_arguments(row, setup, "/r", {1}, {0})) out += word + " ";
    return out;
  };
  CHECK(joined(rows[0]) ==
        "serve --service file --root /r --port 0 --model single-threaded "
        "--cpu-per-request 1.5000 --disk slow:7.5000,heads=8,hot=/hot/ "
        "--cpus 1 --disk-cpus 0 ");
  CHECK(joined(rows[2]).find("--mapping many-to-many --engine weft --workers 8 --on-block hold "
                             "--lwps 4") != std::string::npos);
  CHECK(joined(rows[3]).find("--on-block handoff --lwps 1") != std::string::npos);
  CHECK(joined(rows[4]).find("--mapping one-to-one") != std::string::npos);
  CHECK(joined(rows[4]).find("--on-block") == std::string::npos);  // serve would refuse it
  CHECK(joined(rows[5]).find("--engine boost-fiber") != std::string::npos);
}
