// SPDX-License-Identifier: BSL-1.0
#include "labs/bench/plan.hpp"

#include <algorithm>

#include "labs/suggest.hpp"

namespace weft::labs::bench {
namespace {

constexpr int kMostLwps = 64, kMostRuns = 99;

using Why = std::optional<Refusal>;

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

Refusal unknown(const std::string& word, const std::vector<std::string>& words, const Say& say,
                MessageId message) {
  std::string text = say(message, {{"word", word}, {"all", joined(words)}});
  if (auto near = nearest(word, words)) text += say("main.did_you_mean", {{"word", *near}});
  return {text};
}

Why read_engines(const std::string& text, const Say& say, std::vector<Engine>& engines) {
  for (std::size_t at = 0; at <= text.size();) {
    std::size_t end = std::min(text.find(',', at), text.size());
    std::string word = text.substr(at, end - at);
    auto engine = engine_named(word);
    if (!engine) return unknown(word, engine_names(), say, "bench.no_engine");
    engines.push_back(*engine);
    at = end + 1;
  }
  return std::nullopt;
}

Why read_numbers(const Flags& f, const Say& say) {
  auto refused = [&](const char* flag, int most) {
    return Refusal{say("usage.range", {{"flag", flag}, {"range", "1–" + std::to_string(most)}})};
  };
  if (f.lwps < 0 || f.lwps > kMostLwps) return refused("--lwps", kMostLwps);
  if (f.runs < 0 || f.runs > kMostRuns) return refused("--runs", kMostRuns);
  return std::nullopt;
}

bool has(const std::vector<Row>& rows, std::string_view id) {
  return std::ranges::any_of(rows, [&](const Row& row) { return row.id() == id; });
}

// Those wanted, and (in the order of the table) those that a ratio or a target needs.
std::vector<Row> with_bases(const std::vector<Row>& all, const std::vector<Row>& wanted) {
  std::vector<std::string> ids;
  for (const Row& row : wanted) ids.push_back(row.beside);
  for (const Row& row : wanted) ids.push_back(row.id());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto row = std::ranges::find(all, ids[i], &Row::id);
    if (row != all.end() && row->target && !row->target->of.empty()) {
      ids.push_back(row->target->of);
    }
  }
  std::vector<Row> rows;
  for (const Row& row : all) {
    if (std::ranges::find(ids, row.id()) != ids.end() && !has(rows, row.id())) rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::variant<Plan, Refusal> make_plan(const Flags& f, int cpus, const Say& say) {
  std::vector<std::string> known;
  for (const auto& each : benchmarks()) known.emplace_back(each.name);
  for (const auto& name : f.names) {
    if (std::ranges::find(known, name) == known.end())
      return unknown(name, known, say, "bench.no_benchmark");
  }
  std::vector<Engine> engines;
  if (f.engines.empty()) {
    for (const auto& name : engine_names()) engines.push_back(*engine_named(name));
  } else if (auto why = read_engines(f.engines, say, engines)) {
    return *why;
  }
  if (auto why = read_numbers(f, say)) return *why;
  const std::vector<std::string> expectations{"targets"};
  if (!f.expect.empty() && f.expect != expectations.front())
    return unknown(f.expect, expectations, say, "bench.no_expectation");

  Plan plan;
  plan.quick = f.quick;
  plan.expect_targets = !f.expect.empty();
  plan.runs = f.runs > 0 ? f.runs : f.quick ? 3 : 9;
  plan.window = (f.quick ? 2 : 20) * lwp::os::kMillisecond;
  plan.one_cpu = cpus == 1 && f.lwps == 0;
  const Scale scale{.lwps = f.lwps > 0 ? f.lwps : std::min(cpus, 2), .quick = f.quick};

  std::vector<Row> all, wanted;
  for (const auto& benchmark : benchmarks()) {
    const bool named = f.names.empty()
                           ? !benchmark.on_request
                           : std::ranges::find(f.names, benchmark.name) != f.names.end();
    for (Row& row : benchmark.rows(scale)) {
      if (named && std::ranges::find(engines, row.engine) != engines.end()) wanted.push_back(row);
      all.push_back(std::move(row));
    }
  }
  if (wanted.empty())
    return Refusal{say("bench.nothing", {{"names", joined(f.names)}, {"engines", f.engines}})};
  plan.rows = with_bases(all, wanted);
  return plan;
}

}  // namespace weft::labs::bench
