// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "labs/compare/findings.hpp"
#include "labs/compare/json.hpp"
#include "labs/compare/plots.hpp"
#include "tests/catch.hpp"
#include "tests/labs/sample.hpp"

using namespace weft::labs;
using namespace weft::labs::compare;
using testing::sample;

namespace {
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}
}  // namespace

TEST_CASE("the report asks for nothing from elsewhere") {
  for (Language language : {Language::en, Language::zh}) {
    std::string page = to_html(sample(), Say(language));
    for (const char* outside :
         {"http:", "https:", "//", "url(", "@import", "<script", "<link", "<img", "src=", "href="})
      CHECK(count(page, outside) == 0);
    CHECK(count(page, "<svg") == 2);
    CHECK(count(page, "</svg>") == 2);
  }
}

TEST_CASE("the report says what the screen says") {
  Comparison c = sample();
  std::string page = to_html(c, Say());
  for (const auto& f : findings(c, Say())) CHECK(page.find(escaped(f.text)) != page.npos);
  for (const auto& row : c.rows) {
    CHECK(page.find(escaped(label(row.spec, Say()))) != page.npos);
    CHECK(page.find(number(row.rps_median())) != page.npos);
  }
  CHECK(page.find("lang=\"en\"") != page.npos);
  CHECK(to_html(c, Say(Language::zh)).find("lang=\"zh\"") != page.npos);
}

TEST_CASE("the report says how it was made") {
  std::string page = to_html(sample(), Say());
  CHECK(page.find("weft 1.2.3, seed 1: ./weft compare --quick") != page.npos);
  CHECK(page.find("docs/compare.md") != page.npos);
}

TEST_CASE("a percentile of too few requests is left out") {
  Comparison c = sample();
  for (auto& row : c.rows) row.latency = {};
  for (auto& row : c.rows)
    for (int i = 1; i <= 60; ++i) row.latency.record(i * 100'000);
  std::string page = to_html(c, Say());
  CHECK(count(page, "<td>60</td><td>30</td><td>54</td><td>–</td><td>60</td>") == c.rows.size());
}

TEST_CASE("elements are closed and text is escaped") {
  Comparison c = sample();
  c.cpu = "<CPU & \"Co\">";
  std::string page = to_html(c, Say());
  CHECK(page.find("<CPU") == page.npos);
  CHECK(page.find("&lt;CPU &amp; &quot;Co&quot;&gt;") != page.npos);
  for (const char* name :
       {"div", "table", "tr", "td", "th", "figure", "p", "ol", "li", "text", "title"})
    CHECK(count(page, "<" + std::string(name) + ">") + count(page, "<" + std::string(name) + " ") ==
          count(page, "</" + std::string(name) + ">"));
}

TEST_CASE("without a prediction nothing is drawn as predicted") {
  Setup shared;
  shared.own_core = false;
  Comparison c = sample(shared);
  CHECK(count(throughput_plot(c, Say()), "class=\"goal\"") == 0);
  CHECK(count(throughput_plot(sample(), Say()), "class=\"goal\"") == 8);  // seven rows and the key
}

TEST_CASE("plots survive rows without a single measurement") {
  Comparison c = sample();
  for (auto& row : c.rows) {
    row.rps.clear();
    row.latency = {};
  }
  std::string plots = throughput_plot(c, Say()) + latency_plot(c, Say());
  for (const char* bad : {"=\"nan", "=\"-nan", "=\"inf", "=\"-inf", ",nan", ",-nan", ",inf"})
    CHECK(plots.find(bad) == plots.npos);
}

TEST_CASE("ticks are round and reach the largest value") {
  CHECK(ticks(66.7, 6) == std::vector<double>{0, 20, 40, 60, 80});
  CHECK(ticks(1, 5).back() >= 1);
  CHECK(ticks(0, 5).size() >= 2);
}

TEST_CASE("labels are moved apart in order, within their bounds if they fit") {
  auto moved = spread_labels({50, 51, 10, 99}, 10, 0, 100);
  CHECK(moved[2] == 10);
  CHECK(moved[0] == 50);
  CHECK(moved[1] == 60);
  CHECK(moved[3] == 99);
  moved = spread_labels({98, 99, 100}, 10, 0, 100);
  CHECK(moved == std::vector<double>{80, 90, 100});
}

TEST_CASE("JSON has the schema's fields and no others in its rows") {
  auto json = nlohmann::json::parse(to_json(sample()));
  CHECK(json["schema"] == "weft.compare/1");
  CHECK(json["scale"] == 10);
  const std::set<std::string> fields = {"model",
                                        "mapping",
                                        "engine",
                                        "on_block",
                                        "workers",
                                        "lwps",
                                        "heads",
                                        "in_service",
                                        "predicted_rps",
                                        "mva_rps",
                                        "bound_rps",
                                        "measured_rps",
                                        "measured_rps_min",
                                        "measured_rps_max",
                                        "p50_ms",
                                        "p99_ms",
                                        "max_ms",
                                        "idle_while_waiting",
                                        "longest_idle_ms",
                                        "cpu_utilisation",
                                        "rss_kb",
                                        "switches_per_request",
                                        "errors",
                                        "p90_ms",
                                        "latency_count",
                                        "first_error"};
  REQUIRE(json["rows"].size() == 7);
  for (const auto& row : json["rows"]) {
    std::set<std::string> found;
    for (const auto& item : row.items()) found.insert(item.key());
    CHECK(found == fields);
  }
  const auto& single = json["rows"][0];
  CHECK(single["mapping"].is_null());
  CHECK(single["predicted_rps"] == 25.0);
  CHECK(single["idle_while_waiting"] == 0.62);
  CHECK(single["p50_ms"] == Approx(100).epsilon(0.002));  // 10 ms, ten times slower in the book
  CHECK(json["rows"][5]["engine"] == "boost-fiber");
  CHECK(json["rows"][6]["mapping"].is_null());

  Setup shared;
  shared.own_core = false;
  json = nlohmann::json::parse(to_json(sample(shared)));
  CHECK(json["rows"][0]["predicted_rps"].is_null());
}
