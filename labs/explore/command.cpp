// SPDX-License-Identifier: BSL-1.0
// weft explore: runs a program under every schedule there is within a bound, in the simulated world
// (lwp/sim), and tells of the first that fails.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/compile.hpp"
#include "labs/exit.hpp"
#include "labs/explore/ask.hpp"
#include "labs/explore/story.hpp"
#include "labs/explore/trace.hpp"
#include "labs/output_file.hpp"
#include "labs/policy/policy_file.hpp"
#include "labs/seed_option.hpp"
#include "labs/trace/start.hpp"
#include "lwp/os.hpp"
#include "lwp/policy_table.hpp"

namespace weft::labs {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;
using nlohmann::json;

constexpr std::size_t kMostLines = 60;
constexpr std::size_t kHashDigits = 8;

struct Flags {
  std::string target, policy = "fifo", strategy = "dfs", replay, json, trace;
  int lwps = 2, preemptions = 2, depth = 3;
  std::uint64_t iterations = 10'000'000, seed = 1, steps = 20'000;
  double time_limit = 60;
  bool all = false, faults = false, inside = false, replays = false;
};

class Command {
 public:
  Command(const Flags& f, const Terminal& t) : f_(f), t_(t), say_(t.say) {}

  int run() {
    if (auto why = prepare()) return refuse(t_, "explore", *why);
    Progress progress(t_);
    progress.show(say_("explore.running", {{"file", f_.target}}));
    const os::Nanos began = os::now();
    json found = explore();
    seconds_ = static_cast<double>(os::now() - began) / 1e9;
    progress.clear();
    if (found.contains("error")) return refuse(t_, "explore", not_run(found.at("error")));
    report(found);
    found["schema"] = "weft.explore/1";
    found["target"] = f_.target;
    found["lwps"] = f_.lwps;
    found["policy"] = f_.policy;
    found["strategy"] = f_.strategy;
    found["seconds"] = seconds_;
    found["token"] = token(found);
    if (!write_output(f_.json, found.dump(1) + "\n"))
      return refuse(t_, "explore",
                    {say_("usage.cannot_write", {{"path", f_.json}}), kMachineLacks});
    if (!f_.trace.empty()) {
      if (!write_trace(found))
        return refuse(t_, "explore",
                      {say_("usage.cannot_write", {{"path", f_.trace}}), kMachineLacks});
      std::fprintf(words_beside(f_.json), "%s\n",
                   t_.shown(trace::recorded(f_.trace, say_)).c_str());
    }
    const bool elsewhere = found.contains("diverged_at") && !found.at("diverged_at").is_null();
    return found.at("verdict") == "passed" && !elsewhere ? kDone : kNo;
  }

 private:
  std::optional<Refusal> prepare() {
    auto out_of_range = [&](const char* flag, const char* range) {
      return Refusal{say_("usage.range", {{"flag", flag}, {"range", range}})};
    };
    if (f_.lwps < 1 || f_.lwps > 8) return out_of_range("--lwps", "1–8");
    if (f_.preemptions < 0 || f_.preemptions > 10) return out_of_range("--preemptions", "0–10");
    if (f_.depth < 1 || f_.depth > 10) return out_of_range("--depth", "1–10");
    if (f_.iterations < 1) return out_of_range("--iterations", "1–18446744073709551615");
    if (!(f_.time_limit > 0 && f_.time_limit <= 86'400))
      return out_of_range("--time-limit", "0.001–86400");
    if (f_.steps < 100 || f_.steps > 10'000'000) return out_of_range("--steps", "100–10000000");
    if (f_.strategy != "dfs" && f_.strategy != "pct")
      return Refusal{say_("explore.strategies", {{"word", f_.strategy}})};
    for (const auto& path : {f_.json, f_.trace}) {
      if (!can_write(path)) return Refusal{say_("usage.cannot_write", {{"path", path}})};
    }
    if (!is_policy_file(f_.policy))
      if (auto why = lwp::refuse_policy(f_.policy)) return Refusal{*why};
    std::error_code error;
    if (!fs::exists(explore::runner(), error))
      return Refusal{say_("explore.no_runner", {{"path", explore::runner().string()}}),
                     kMachineLacks};

    program_ = compile_file(f_.target, simulated_file(), say_);
    if (program_.exit_code != kDone) return Refusal{program_.text, program_.exit_code};
    if (is_policy_file(f_.policy)) {
      policy_ = compile_file(f_.policy, simulated_file(), say_);
      if (policy_.exit_code != kDone) return Refusal{policy_.text, policy_.exit_code};
    }
    if (f_.replays) return read_token();
    return std::nullopt;
  }

  // "1f2e3d4c-12:1,40:2": what it was found in, and where its schedule departs.
  std::optional<Refusal> read_token() {
    const auto dash = f_.replay.find('-');
    const std::string schedule = dash == f_.replay.npos ? f_.replay : f_.replay.substr(dash + 1);
    if (!is_schedule(schedule)) return Refusal{say_("explore.bad_token", {{"token", f_.replay}})};
    schedule_ = schedule;
    is_another_ = dash != f_.replay.npos && f_.replay.substr(0, dash) != hash();
    return std::nullopt;
  }

  // Of the program, and of a policy's file if there is one.
  std::string hash() const {
    constexpr std::size_t kOfPolicy = 4;
    const std::string& policy = policy_.source;
    return program_.source.substr(0, kHashDigits) +
           policy.substr(0, std::min(policy.size(), kOfPolicy));
  }
  // "0", or "12:1,40:2".
  static bool is_schedule(const std::string& text) {
    if (text == "0") return true;
    bool colon = false, digits = false;
    for (char c : text + ",") {
      if (c >= '0' && c <= '9') {
        digits = true;
      } else if (!digits || (c != ':' && c != ',') || (c == ':') == colon) {
        return false;
      } else {
        colon = c == ':';
        digits = false;
      }
    }
    return true;
  }
  std::string token(const json& found) const {
    const bool told = found.contains("schedule");
    return hash() + "-" + (told ? found.at("schedule").get<std::string>() : schedule_);
  }

  json explore() {
    json asked = explore::question(program_.library);
    asked["policy_library"] = policy_.library;
    asked["policy"] = f_.policy;
    asked["lwps"] = f_.lwps;
    asked["strategy"] = f_.strategy;
    asked["preemptions"] = f_.preemptions;
    asked["depth"] = f_.depth;
    asked["iterations"] = f_.iterations;
    asked["seed"] = f_.seed;
    asked["steps"] = f_.steps;
    asked["faults"] = f_.faults;
    asked["inside"] = f_.inside;
    asked["time_limit"] = static_cast<std::int64_t>(f_.time_limit * 1e9);
    if (!schedule_.empty()) asked["schedule"] = schedule_;
    auto answer = explore::ask(std::move(asked));
    if (answer.found.is_null()) {
      return {{"error", say_("explore.ended", {{"code", std::to_string(answer.code)}})}};
    }
    return answer.found;
  }

  Refusal not_run(const std::string& why) const {
    const bool none = why.find("weft_policy") != why.npos;
    if (none && !policy_.library.empty()) return {say_("policy.no_export", {{"file", f_.policy}})};
    return {none ? say_("explore.no_program", {{"file", f_.target}})
                 : say_("explore.not_run", {{"file", f_.target}, {"why", why}})};
  }

  void report(const json& found) {
    const bool passed = found.at("verdict") == "passed";
    std::string text;
    if (!schedule_.empty()) {
      if (is_another_) text += wrap(say_("explore.another"), 80) + "\n";
      if (!found.at("diverged_at").is_null())
        text += wrap(say_("explore.diverged",
                          {{"step", std::to_string(found.at("diverged_at").get<long long>())}}),
                     80) +
                "\n";
      text += say_("explore.replayed", {{"file", f_.target}}) + "\n";
    } else {
      text += wrap(say_("explore.tried", {{"file", f_.target},
                                          {"n", grouped(found.at("runs").get<std::uint64_t>())},
                                          {"seconds", one_digit(seconds_)}}),
                   80) +
              "\n";
    }
    const bool elsewhere = found.contains("diverged_at") && !found.at("diverged_at").is_null();
    if (passed && !elsewhere) {
      text += "✓ " + say_("explore.passed") + "\n";
    } else if (!passed) {
      text += "✗ " + t_.bold(what(found)) + "\n";
    }
    if (!passed || f_.all) text += "\n" + story(found) + "\n";
    if (!passed) {
      text += say_("explore.replay", {{"command", replay_command(found)}}) + "\n";
    }
    if (schedule_.empty()) text += wrap(covered(found), 80) + "\n";
    std::fputs(t_.shown(text).c_str(), words_beside(f_.json));
  }

  std::string what(const json& found) const {
    const std::string verdict = found.at("verdict"), what = found.at("what");
    const std::string call = found.at("blocked_in");
    if (verdict == "deadlock")
      return call.empty() ? say_("explore.deadlock") : say_("explore.blocked", {{"call", call}});
    if (verdict == "too long")
      return say_("explore.too_long", {{"steps", std::to_string(f_.steps)}});
    const auto races_with = found.at("races_with").get<std::uint64_t>();
    if (races_with > 0)
      return say_("explore.race", {{"step", std::to_string(races_with)},
                                   {"last", std::to_string(found.at("steps").get<long long>())}});
    return what;
  }

  explore::Story told_of(const json& found) const {
    std::ifstream in(f_.target);
    std::vector<std::string> source;
    for (std::string line; std::getline(in, line);) source.push_back(line);
    auto lines = explore::lines_of(program_.library, f_.target, found.at("story"));
    return explore::tell(
        found, lines, source,
        {.all = f_.all, .policy = found.at("policy_is_target") || !policy_.library.empty()});
  }
  // Of the schedule that fails, or that was replayed; else there is none to show.
  bool write_trace(const json& found) const {
    const bool is_there = found.contains("story");
    const auto story = is_there ? told_of(found) : explore::Story{};
    const std::string outcome = found.at("verdict") == "passed" ? "passed" : what(found);
    const std::string lwps = std::to_string(f_.lwps) + (f_.lwps == 1 ? " LWP" : " LWPs");
    return write_output(
        f_.trace,
        explore::to_recording(story, f_.target, "explored, " + lwps + ", policy " + f_.policy,
                              outcome, say_));
  }

  std::string story(const json& found) const {
    auto told = told_of(found);
    std::string before;
    if (told.lines.size() > kMostLines && !f_.all) {
      const std::size_t cut = told.lines.size() - kMostLines;
      before = say_("explore.lines_before", {{"n", std::to_string(cut)}}) + "\n";
      told.lines.erase(told.lines.begin(), told.lines.begin() + static_cast<long>(cut));
    }
    return before + explore::to_text(told, kWidth, say_);
  }

  // A word as a shell reads it.
  static std::string for_a_shell(const std::string& word) {
    const auto plain = [](unsigned char c) {
      return std::isalnum(c) != 0 ||
             std::string_view("_-./+=:@%,").find(static_cast<char>(c)) != std::string_view::npos ||
             c >= 0x80;
    };
    if (!word.empty() && std::ranges::all_of(word, plain)) return word;
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
  }

  std::string replay_command(const json& found) const {
    std::string out = "./weft explore " + for_a_shell(f_.target);
    if (f_.lwps != 2) out += " --lwps " + std::to_string(f_.lwps);
    if (f_.policy != "fifo") out += " --policy " + for_a_shell(f_.policy);
    if (f_.faults) out += " --faults";
    if (f_.inside) out += " --inside";
    if (f_.steps != Flags{}.steps) out += " --steps " + std::to_string(f_.steps);
    return out + " --replay " + token(found);
  }

  std::string covered(const json& found) const {
    const std::string steps = grouped(found.at("most_steps").get<std::uint64_t>());
    std::string text;
    if (found.at("verdict") != "passed") {
      text = say_("explore.covered_first");
    } else if (f_.strategy == "pct") {
      char bound[32];
      std::snprintf(bound, sizeof bound, "%.1e", found.at("bound").get<double>());
      text = say_("explore.covered_pct",
                  {{"depth", std::to_string(f_.depth)}, {"bound", bound}, {"steps", steps}});
    } else if (found.at("exhaustive").get<bool>()) {
      text = say_("explore.covered_all", {{"k", std::to_string(f_.preemptions)},
                                          {"lwps", std::to_string(f_.lwps)},
                                          {"steps", steps}});
    } else {
      text = say_("explore.covered_part", {{"k", std::to_string(f_.preemptions)}});
    }
    if (!f_.inside) text += " " + say_("explore.calls");
    return text + " " + say_("explore.not_covered");
  }

  static std::string grouped(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
  }
  static std::string one_digit(double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", x);
    return text;
  }

  const Flags& f_;
  const Terminal& t_;
  const Say& say_;
  Compiled program_, policy_;
  std::string schedule_;
  bool is_another_ = false;
  double seconds_ = 0;
};

}  // namespace

void explore_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("FILE", f->target, say("explore.help_file"))->required();
  sub.add_option("--lwps", f->lwps, say("explore.help_lwps"))->capture_default_str();
  sub.add_option("--policy", f->policy, say("explore.help_policy"))->capture_default_str();
  sub.add_option("--strategy", f->strategy, say("explore.help_strategy"))->capture_default_str();
  sub.add_option("--preemptions", f->preemptions, say("explore.help_preemptions"))
      ->capture_default_str();
  sub.add_option("--depth", f->depth, say("explore.help_depth"))->capture_default_str();
  sub.add_option("--iterations", f->iterations, say("explore.help_iterations"));
  seed_option(sub, f->seed, say("explore.help_seed"));
  sub.add_option("--time-limit", f->time_limit, say("explore.help_time"))->capture_default_str();
  sub.add_option("--steps", f->steps, say("explore.help_steps"))->capture_default_str();
  sub.add_flag("--faults", f->faults, say("explore.help_faults"));
  sub.add_flag("--inside", f->inside, say("explore.help_inside"));
  sub.add_option("--replay", f->replay, say("explore.help_replay"))->type_name("TOKEN");
  sub.add_flag("--all", f->all, say("explore.help_all"));
  sub.add_option("--json", f->json, say("explore.help_json"))->type_name("FILE");
  sub.add_option("--trace", f->trace, say("explore.help_trace"))->type_name("FILE");
  sub.footer(say("explore.footer"));
  sub.callback([=, &sub, &terminal, &exit_code] {
    f->replays = sub.count("--replay") > 0;
    std::error_code none;
    if (!fs::exists(f->target, none)) {
      if (const auto lab = check_lab(f->target, f->json, terminal)) {
        exit_code = *lab;
        return;
      }
    }
    exit_code = Command(*f, terminal).run();
  });
}

}  // namespace weft::labs
