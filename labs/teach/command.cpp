// SPDX-License-Identifier: BSL-1.0
// weft teach: hand out, grade, and try the grader itself.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/compile.hpp"
#include "labs/exit.hpp"
#include "labs/explore/ask.hpp"
#include "labs/output_file.hpp"
#include "labs/suggest.hpp"
#include "labs/teach/apart.hpp"
#include "labs/teach/gate.hpp"
#include "labs/teach/grading.hpp"
#include "labs/toolchain.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;
using namespace teach;

struct Flags {
  std::string action;
  std::vector<std::string> words;
  std::string lab, json, csv, junit, gradescope, autolab, docs, output = "weft-handout.zip";
  int jobs = 0, runs = 10;
  std::uint64_t seed = 0;
};

class Command {
 public:
  Command(const Flags& f, const Terminal& t) : f_(f), t_(t), say_(t.say) {}

  int run() {
    std::string why;
    all_ = lab::all_exercises(&why);
    if (!why.empty()) return no(why, kMachineLacks);
    if (f_.action == "export") return hand_out();
    std::error_code none;
    if (!fs::exists(explore::runner(), none))
      return no(say_("explore.no_runner", {{"path", explore::runner().string()}}), kMachineLacks);
    for (const auto& path : {f_.json, f_.csv, f_.junit, f_.docs}) {
      if (!can_write(path)) return no(say_("usage.cannot_write", {{"path", path}}));
    }
    if (f_.action == "gate") return gate();
    if (f_.action == "grade") return grade();
    return no(say_("teach.no_action", {{"word", f_.action}}));
  }

 private:
  int no(const std::string& message, int code = kWrongUse) const {
    return refuse(t_, "teach", {message, code});
  }
  void print(const std::string& text) const {
    std::fputs(t_.shown(text).c_str(), words_beside(f_.json));
  }
  const lab::Exercise* pick(const std::string& word) const {
    auto at = std::ranges::find(all_, word, &lab::Exercise::name);
    if (at != all_.end()) return &*at;
    std::vector<std::string> names;
    for (const auto& e : all_) names.push_back(e.name);
    no(say_("lab.unknown",
            {{"word", word},
             {"near", nearest(word, names).value_or(names.empty() ? "" : names.front())}}));
    return nullptr;
  }

  int jobs() const { return f_.jobs > 0 ? f_.jobs : default_jobs(); }

  int gate() {
    using Until = lab::Grader::Until;
    if (f_.runs < 1 || f_.runs > 10'000)
      return no(say_("usage.range", {{"flag", "--runs"}, {"range", "1–10000"}}));
    std::vector<lab::Exercise> chosen;
    for (const auto& word : f_.words) {
      const auto* e = pick(word);
      if (e == nullptr) return kWrongUse;
      chosen.push_back(*e);
    }
    if (chosen.empty()) chosen = all_;
    std::vector<Gated> gated;
    for (const auto& e : chosen) {
      Progress progress(t_);
      gated.push_back(teach::gate(e, f_.runs, jobs(),
                                  f_.docs.empty() ? Until::first_failure : Until::end, say_,
                                  [&](auto& what) { progress.show(what); }));
      progress.clear();
      print(told(gated.back()));
    }
    (void)write_output(
        f_.json,
        to_json(gated).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    (void)write_output(f_.docs, matrix(gated, all_));
    return std::ranges::all_of(gated, &Gated::holds) ? kDone : kNo;
  }
  std::string told(const Gated& g) const {
    const auto killed =
        std::ranges::count_if(g.wrong, [](auto& w) { return w.rejected && w.message_ok; });
    std::string out = (g.holds() ? "✓ " : "✗ ") +
                      say_("teach.gated", {{"lab", g.lab},
                                           {"passed", std::to_string(g.solution_passed)},
                                           {"runs", std::to_string(g.solution_runs)},
                                           {"killed", std::to_string(killed)},
                                           {"wrong", std::to_string(g.wrong.size())}}) +
                      "\n";
    if (!g.starter_builds) out += "  " + say_("teach.starter_builds") + "\n";
    if (!g.starter_fails) out += "  " + say_("teach.starter_fails") + "\n";
    if (g.starter_points > 0)
      out += "  " + say_("teach.starter_points", {{"n", std::to_string(g.starter_points)}}) + "\n";
    if (!g.flaw.empty()) out += wrap("  " + g.flaw, 80, 2) + "\n";
    for (const auto& w : g.wrong) {
      if (w.rejected && w.message_ok) continue;
      std::string got;
      for (const auto& id : w.got) {
        if (got.empty()) got = id;
      }
      out += "  wrong/" + w.name + ": " +
             (w.rejected ? say_("teach.other_message", {{"got", got}, {"wanted", w.expected}})
                         : say_("teach.survives")) +
             "\n";
    }
    for (const auto& l : g.lacks) out += "  " + say_("teach.lacks", {{"what", l}}) + "\n";
    return out;
  }

  int grade() {
    if (f_.lab.empty() || f_.words.empty()) return no(say_("teach.how_to_grade"));
    const auto* e = pick(f_.lab);
    if (e == nullptr) return kWrongUse;
    Scratch scratch;
    std::vector<Submission> submissions;
    std::vector<std::string> left_out;
    try {
      submissions = find_submissions(f_.words, *e, scratch, is_autograder(), left_out);
    } catch (const std::exception& error) {
      return no(error.what());
    }
    if (submissions.empty()) return no(say_("teach.nothing"));
    Progress progress(t_);
    const os::Nanos began = os::now();
    const auto results = grade_all(submissions, *e, say_, jobs(), f_.seed, [&](std::size_t n) {
      progress.show(say_("teach.grading",
                         {{"n", std::to_string(n)}, {"of", std::to_string(submissions.size())}}));
    });
    progress.clear();
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.0f", static_cast<double>(os::now() - began) / 1e9);
    const auto whole = summary(results, *e);
    print(e->name + ": " +
          say_("teach.graded", {{"n", std::to_string(results.size())}, {"seconds", seconds}}) +
          "\n\n" + summary_text(whole, *e, say_));
    for (const auto& path : left_out) print(say_("teach.left_out", {{"path", path}}) + "\n");
    return write(results, whole);
  }
  // A platform asks about one student and wants its own file.
  bool is_autograder() const {
    return f_.words.size() == 1 && (!f_.gradescope.empty() || !f_.autolab.empty());
  }
  int write(const std::vector<nlohmann::ordered_json>& results,
            const nlohmann::ordered_json& whole) const {
    bool written = write_output(
        f_.json, whole.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    if (!f_.csv.empty()) written &= write_output(f_.csv, to_csv(results));
    if (!f_.junit.empty()) written &= write_output(f_.junit, to_junit(results));
    auto each = [&](const std::string& folder, const char* name, auto&& to) {
      if (folder.empty()) return;
      for (const auto& r : results) {
        // A platform that grades one at a time wants its file where it says.
        const fs::path where = results.size() == 1
                                   ? fs::path(folder)
                                   : fs::path(folder) / as_file_name(r.at("student"));
        std::error_code error;
        fs::create_directories(where, error);
        written &= write_output((where / name).string(), to(r));
      }
    };
    each(f_.gradescope, "results.json", to_gradescope);
    each(f_.autolab, "autolab.json", to_autolab);
    if (!written) return no(say_("usage.cannot_write", {{"path", "…"}}), kMachineLacks);
    return kDone;
  }

  static std::string as_file_name(std::string student) {
    std::ranges::replace(student, '/', '_');
    return student.starts_with('.') ? "_" + student : student;
  }

  // What the project consists of, and nothing else that lies about here. A lab may be new.
  static std::vector<std::string> handout(const fs::path& root) {
    std::vector<std::string> parts;
    auto add = [&](const std::string& part) {
      const bool secret =
          part.starts_with("labs/exercises/") &&
          (part.find("/solution/") != part.npos || part.find("/wrong/") != part.npos);
      if (!secret && fs::exists(root / part)) parts.push_back(part);
    };
    for (const char* which : {"-c", "-o"}) {
      std::vector<std::string> command = {
          "git", "-C", root.string(), "-c", "core.quotePath=off", "ls-files", "--exclude-standard",
          which};
      if (*(which + 1) == 'o') command.emplace_back("labs/exercises");
      const Output listed = run_command(std::move(command), 10 * os::kSecond);
      if (listed.code != 0) break;
      std::istringstream lines(listed.text);
      for (std::string line; std::getline(lines, line);) add(line);
    }
    if (!parts.empty()) return parts;
    for (const char* part :
         {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "README.zh-CN.md", "docs",
          "fibers", "labs", "lwp", "servers", "tests", "weft", ".ci", ".devcontainer",
          ".clang-format", ".editorconfig", ".gitignore", ".gitattributes"}) {
      add(part);
    }
    return parts;
  }

  // All but what would give the labs away.
  int hand_out() {
    const fs::path root = source_root();
    if (root.empty()) return no(say_("lab.none"), kMachineLacks);
    if (!can_write(f_.output)) return no(say_("usage.cannot_write", {{"path", f_.output}}));
    const std::vector<std::string> parts = handout(root);
    Scratch scratch;
    const fs::path list = scratch.folder() / "list";
    {
      std::ofstream out(list);
      for (const auto& part : parts) out << "./" << part << "\n";
    }
    std::vector<std::string> command = {"env",
                                        "LC_ALL=C.UTF-8",
                                        "bsdtar",
                                        "--format",
                                        "zip",
                                        "-cf",
                                        fs::absolute(f_.output).string(),
                                        "-C",
                                        root.string(),
                                        "--exclude",
                                        "./labs/mine",
                                        "--exclude",
                                        "./labs/exercises/*/solution",
                                        "--exclude",
                                        "./labs/exercises/*/wrong",
                                        "-s",
                                        ",^\\.,weft,",
                                        "-T",
                                        list.string()};
    const Output output = run_command(std::move(command), 60 * os::kSecond);
    if (output.code != 0) return no(say_("lab.cannot_pack", {{"why", output.text}}), kMachineLacks);
    print(say_("teach.exported", {{"file", f_.output}, {"n", std::to_string(all_.size())}}) + "\n");
    return kDone;
  }

  const Flags& f_;
  const Terminal& t_;
  const Say& say_;
  std::vector<lab::Exercise> all_;
};

}  // namespace

void teach_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("ACTION", f->action, say("teach.help_action"))->required();
  sub.add_option("WORDS", f->words, say("teach.help_words"));
  sub.add_option("--lab", f->lab, say("teach.help_lab"))->type_name("NAME");
  sub.add_option("--jobs", f->jobs, say("teach.help_jobs"))->check(CLI::Range(1, 64));
  sub.add_option("--seed", f->seed, say("teach.help_seed"));
  sub.add_option("--runs", f->runs, say("teach.help_runs"))->capture_default_str();
  sub.add_option("--output", f->output, say("teach.help_output"))->capture_default_str();
  sub.add_option("--json", f->json, say("teach.help_json"))->type_name("FILE");
  sub.add_option("--csv", f->csv, say("teach.help_csv"))->type_name("FILE");
  sub.add_option("--junit", f->junit, say("teach.help_junit"))->type_name("FILE");
  sub.add_option("--gradescope", f->gradescope, say("teach.help_gradescope"))->type_name("FOLDER");
  sub.add_option("--autolab", f->autolab, say("teach.help_autolab"))->type_name("FOLDER");
  sub.add_option("--docs", f->docs, say("teach.help_docs"))->type_name("FILE");
  sub.footer(say("teach.footer"));
  sub.callback([=, &terminal, &exit_code] { exit_code = Command(*f, terminal).run(); });
}

}  // namespace weft::labs
