// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/options.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "labs/exit.hpp"
#include "labs/output_file.hpp"
#include "lwp/os.hpp"

namespace weft::labs::compare {
namespace {

namespace fs = std::filesystem;
using Why = std::optional<Refusal>;

// "1,2,4,8", each within [1, most], no number twice, at most eight of them.
Why read_list(const char* flag, const std::string& text, int most, const Say& say,
              std::vector<int>& into) {
  into.clear();
  const char* at = text.data();
  const char* end = at + text.size();
  bool sound = at < end;
  while (sound && at < end) {
    int value = 0;
    auto [after, error] = std::from_chars(at, end, value);
    sound = error == std::errc() && (after == end || (*after == ',' && after + 1 < end));
    if (!sound) break;
    if (value < 1 || value > most)
      return Refusal{say("usage.range", {{"flag", flag}, {"range", "1–" + std::to_string(most)}})};
    if (std::find(into.begin(), into.end(), value) == into.end()) into.push_back(value);
    at = after == end ? end : after + 1;
  }
  if (!sound || into.size() > 8)
    return Refusal{say("compare.bad_list", {{"flag", flag}, {"text", text}})};
  return std::nullopt;
}

Why read_numbers(const Flags& f, const Say& say, Options& out) {
  auto range = [&](const char* flag, const char* text) {
    return Refusal{say("usage.range", {{"flag", flag}, {"range", text}})};
  };
  if (!(f.scale >= 0.1 && f.scale <= 100)) return range("--scale", "0.1–100");
  if (f.clients < 1 || f.clients > 512) return range("--clients", "1–512");
  if (f.runs < 0 || f.runs > 100) return range("--runs", "1–100");
  if (f.seconds != 0 && !(f.seconds >= 1 && f.seconds <= 3600)) return range("--seconds", "1–3600");
  if (f.quick && f.thorough) return Refusal{say("compare.quick_and_thorough")};
  Setup& s = out.setup;
  for (auto why : {read_list("--workers", f.workers, 512, say, s.workers),
                   read_list("--lwps", f.lwps, 256, say, s.lwps),
                   read_list("--heads", f.heads, 64, say, s.heads)})
    if (why) return why;
  s.scale = f.scale;
  s.clients = f.clients;
  s.seed = f.seed;
  if (f.thorough && !f.heads_given) s.heads = {1, 8};
  s.network.heads = *std::max_element(s.heads.begin(), s.heads.end());
  s.open_rps = 0.6 * predict::bound_rps(s.network, 1);
  out.rounds = f.runs ? f.runs : f.quick ? 2 : f.thorough ? 5 : 3;
  out.seconds = f.seconds > 0 ? f.seconds : f.quick ? 12 : f.thorough ? 50 : 16;
  return std::nullopt;
}

Why read_paths(const Flags& f, const Say& say, Options& out) {
  std::error_code ignored;
  if (!f.root.empty() && !fs::is_directory(f.root, ignored))
    return Refusal{say("compare.bad_root", {{"path", f.root}})};
  out.root = f.root;
  out.json = f.json;
  out.report = f.no_report ? "" : f.report;
  for (const auto& path : {out.json, out.report})
    if (!can_write(path)) return Refusal{say("usage.cannot_write", {{"path", path}})};
  return std::nullopt;
}

Why read_expectations(const Flags& f, const Say& say, Options& out) {
  const std::vector<Metric> metrics = {{"prediction"}, {"spread"}, {"errors"}};
  for (const auto& text : f.expect) {
    auto e = parse_expectation(text, metrics);
    if (!e) return Refusal{say("compare.bad_expectation", {{"text", text}})};
    // "prediction=10" means within 10 %: no measurement equals its prediction.
    if (e->metric != "errors" && e->relation == Expectation::Relation::equal)
      e->relation = Expectation::Relation::at_most;
    if (e->metric == "prediction" && !out.setup.own_core)
      return Refusal{say("compare.nothing_predicted"), kMachineLacks};
    out.expectations.push_back(*e);
  }
  return std::nullopt;
}

// The server gets the last core (interrupts tend to land on the first), the clients the others.
void share_cores(Options& out) {
  auto cpus = lwp::os::allowed_cpus();
  out.setup.own_core = cpus.size() > 1;
  if (!out.setup.own_core) return;
  out.server_cpus = {cpus.back()};
  cpus.pop_back();
  out.client_cpus = cpus;
}

}  // namespace

std::variant<Options, Refusal> read_options(const Flags& flags, const Say& say) {
  Options out;
  share_cores(out);
  if (auto why = read_numbers(flags, say, out)) return *why;
  if (auto why = read_expectations(flags, say, out)) return *why;
  if (auto why = read_paths(flags, say, out)) return *why;
  return out;
}

}  // namespace weft::labs::compare
