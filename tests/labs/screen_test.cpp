// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/screen.hpp"

#include <algorithm>

#include "labs/columns.hpp"
#include "labs/compare/findings.hpp"
#include "tests/catch.hpp"
#include "tests/labs/sample.hpp"

using namespace weft::labs;
using namespace weft::labs::compare;
using testing::sample;
using weft::fibers::Engine;
using weft::fibers::Mapping;

namespace {

Terminal terminal(Language language = Language::en) {
  Terminal t;
  t.say = Say(language);
  return t;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
  }
  return out;
}

Row& row(Comparison& c, std::string_view model, std::optional<Mapping> mapping = {}) {
  return const_cast<Row&>(*c.find(model, mapping));
}

}  // namespace

TEST_CASE("the screen, whole") {
  Comparison c = sample();
  for (double& rps : row(c, "dispatcher-worker", Mapping::many_to_many).rps) rps -= 0.01;
  CHECK(screen(c, terminal(), "weft-report.html") ==
        "One blocking read: who has to wait?\n"
        "15 ms of CPU a request; every third also waits 75 ms for the disk.\n"
        "16 clients, 8 workers, one core. Run 10 times faster, shown in the book's units.\n"
        "                                               requests/s       core idle while\n"
        "                                    LWPs  predicted  measured   requests waited\n"
        "single-threaded                        1       25.0   24.5 ▇▇▇             62 %\n"
        "8 workers, many-to-one                 1       25.0   24.5 ▇▇▇             62 %\n"
        "8 workers, many-to-many                4       65.2   63.8 ▇▇▇▇▇▇▇          1 %\n"
        "8 workers, many-to-many, handoff      1+       66.7   65.3 ▇▇▇▇▇▇▇          1 %\n"
        "8 workers, one-to-one                  8       66.7   65.3 ▇▇▇▇▇▇▇          1 %\n"
        "8 workers, many-to-one, Boost.Fiber    1       25.0   24.5 ▇▇▇             62 %\n"
        "finite-state machine                   1       66.7   65.3 ▇▇▇▇▇▇▇          1 %\n"
        "1 Eight workers on one LWP are no faster than one thread: 1,234 times a worker\n"
        "  called read(), the LWP blocked, and the others, 7.0 of them ready on average,\n"
        "  could not run: 6.2 s of 10.0 lost.\n"
        "2 LWPs set the ceiling, not threads: the same workers answer 24.5 requests/s on\n"
        "  one LWP and 63.8 on 4 (a disk with 8 heads).\n"
        "                                              Try: ./weft compare --lwps 1,2,4,8\n"
        "3 The book's 66⅔ needs a disk that reads for all at once; one read at a time\n"
        "  would give 40.                                 Try: ./weft compare --heads 1,8\n"
        "4 The state machine reaches 65.3 on one thread because it never blocks in read,\n"
        "  and pays by remembering each request itself: 432 bytes in 5 states, where a\n"
        "  thread has a stack (64 KiB of address space, of which it touches a few).\n"
        "Measured 2026-11-22, Model 7 CPU @ 2.00GHz, 3 runs, spread ±1.0 %; farthest from\n"
        "prediction: 8 workers, many-to-many –2.0 %.\n"
        "Next: ./weft compare --workers 1,2,4,8,16\n"
        "Who stood still, drawn, and latencies: weft-report.html\n");
}

TEST_CASE("no line is wider than 80 columns, in any language and with any rows") {
  Setup many;
  many.workers = {8, 512};
  many.lwps = {1, 2, 4, 256};
  many.heads = {1, 8, 64};
  Setup shared;
  shared.own_core = false;
  for (const Setup& setup : {Setup{}, many, shared})
    for (Language language : {Language::en, Language::zh})
      for (const auto& line :
           lines(screen(sample(setup), terminal(language), "weft-report.html"))) {
        CAPTURE(line);
        CHECK(columns(line) <= 80);
      }
}

TEST_CASE("without UTF-8 the screen is ASCII") {
  Terminal t = terminal();
  t.utf8 = false;
  std::string text = screen(sample(), t);
  CHECK(std::all_of(text.begin(), text.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  CHECK(text.find("24.5 ###  ") != text.npos);
}

TEST_CASE("colour comes only when asked for") {
  CHECK(screen(sample(), terminal()).find('\033') == std::string::npos);
  Terminal t = terminal();
  t.colour = true;
  CHECK(screen(sample(), t).find('\033') != std::string::npos);
}

TEST_CASE("sentence 1 needs workers that are no faster than one thread") {
  Comparison c = sample();
  row(c, "dispatcher-worker", Mapping::many_to_one).rps = {30};
  auto f = findings(c, Say());
  CHECK_FALSE(f[0].held);
  CHECK(f[0].text ==
        "Not confirmed in this run: that many workers on one LWP are no faster than one thread "
        "(30.0 against 24.5).");
  CHECK(f[1].held);

  Comparison no_reads = sample();
  row(no_reads, "dispatcher-worker", Mapping::many_to_one).counted.blocking_reads = 0;
  CHECK_FALSE(findings(no_reads, Say())[0].held);
}

TEST_CASE("sentence 2 needs more LWPs to be faster with the same workers") {
  Comparison c = sample();
  row(c, "dispatcher-worker", Mapping::many_to_many).rps = {26};
  CHECK_FALSE(findings(c, Say())[1].held);
  Setup one_lwp;
  one_lwp.lwps = {1};
  CHECK_FALSE(findings(sample(one_lwp), Say())[1].held);
}

TEST_CASE("sentence 3 says gives only if a disk with one head was measured") {
  CHECK(findings(sample(), Say())[2].text.find("would give 40") != std::string::npos);
  Setup both;
  both.heads = {1, 8};
  Comparison c = sample(both);
  CHECK(findings(c, Say())[2].text.ends_with("one read at a time gives 40."));
  CHECK(findings(c, Say())[2].hint.empty());
  for (auto& r : c.rows)
    if (r.spec.heads == 1) r.rps = {60};
  CHECK_FALSE(findings(c, Say())[2].held);
  Setup one;
  one.heads = {1};
  CHECK_FALSE(findings(sample(one), Say())[2].held);
  CHECK_FALSE(findings(sample({}, 0.5), Say())[2].held);  // measured no more than 40
}

TEST_CASE("sentence 4 needs the state machine to keep up with kernel threads") {
  Comparison c = sample();
  row(c, "fsm").rps = {60};
  CHECK_FALSE(findings(c, Say())[3].held);
  Comparison without = sample();
  std::erase_if(without.rows, [](const Row& r) { return r.spec.model == "fsm"; });
  auto f = findings(without, Say());
  CHECK(f[3].text ==
        "Not confirmed in this run: that the state machine is as fast as one-to-one "
        "(there is no row “finite-state machine”).");
}

TEST_CASE("of a list of workers the sentences take the rows that show most") {
  Setup lists;
  lists.workers = {1, 2, 4, 8, 16};
  Comparison c = sample(lists);
  auto f = findings(c, Say());
  for (const auto& finding : f) CHECK(finding.held);
  CHECK(f[0].text.starts_with("16 workers on one LWP are no faster than one thread"));
  CHECK(screen(c, terminal()).find("1 workers") == std::string::npos);
  // A run does not suggest what it has just answered.
  CHECK(next_step(c, Say()) == "Next: ./weft bench --quick");
  CHECK(next_step(sample(), Say()).find("--workers") != std::string::npos);
}

TEST_CASE("failed requests withhold the sentences of their rows, and the first is named") {
  Comparison c = sample();
  Row& kernel = row(c, "dispatcher-worker", Mapping::one_to_one);
  kernel.errors = 1698;
  kernel.first_error = "Too many open files for /hot/a";
  auto f = findings(c, Say());
  CHECK(f[0].held);
  CHECK_FALSE(f[3].held);
  CHECK(f[3].text.ends_with("(“8 workers, one-to-one”: 1,698 requests failed)."));
  CHECK(provenance(c, Say()).find("1,698 requests failed; first: Too many open files for /hot/a") !=
        std::string::npos);
}

TEST_CASE("a disk with one head is said to be the limit where a core is idle") {
  Setup one;
  one.heads = {1};
  CHECK(screen(sample(one), terminal()).find("the disk is the limit") != std::string::npos);
  CHECK(screen(sample(), terminal()).find("the disk is the limit") == std::string::npos);
}

TEST_CASE("rows: each combination that matters, once") {
  CHECK(rows_for({}).size() == 7);
  CHECK(rows_for({})[2] ==
        RowSpec{"dispatcher-worker", Mapping::many_to_many, Engine::weft, 8, 4, 8, 4});
  CHECK(rows_for({})[3] == RowSpec{"dispatcher-worker", Mapping::many_to_many, Engine::weft, 8, 1,
                                   8, 8, weft::fibers::OnBlock::handoff});
  CHECK(rows_for({})[4].in_service == 8);
  CHECK(rows_for({})[6].in_service == 16);
  Setup lists;
  lists.workers = {4, 8};
  lists.lwps = {1, 2};
  // single, many-to-one, 4 many-to-many, handoff, 2 one-to-one, Boost, fsm
  CHECK(rows_for(lists).size() == 11);
  Setup disks;
  disks.heads = {1, 8};
  auto rows = rows_for(disks);  // 3 that no disk changes, 4 for each disk
  CHECK(rows.size() == 11);
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK((rows[i].in_service == 1) == (i < 3));
  Setup few;
  few.clients = 2;
  for (const auto& r : rows_for(few)) CHECK(r.in_service <= 2);
}

TEST_CASE("the numbers of a row") {
  Row r;
  r.predicted = Prediction{50, 0, 0};
  r.rps = {44, 46, 45, 48};
  CHECK(r.rps_median() == 45.5);
  CHECK(*r.deviation() == Approx(-9));
  CHECK(r.spread() == Approx(100 * 2 / 45.5));
  CHECK(grouped(0) == "0");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(123) == "123");
  CHECK(in_words(8, Say(), true) == "Eight");
  CHECK(in_words(13, Say(), true) == "13");
  CHECK(in_words(8, Say(Language::zh), true) == "8");
}
