// SPDX-License-Identifier: BSL-1.0
// weft lab: what a student types. Bare, it takes the current lab up where it stands: questions
// first, then a verdict each time a file is saved.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/compile.hpp"
#include "labs/exit.hpp"
#include "labs/explore/ask.hpp"
#include "labs/lab/grade.hpp"
#include "labs/lab/keys.hpp"
#include "labs/lab/mine.hpp"
#include "labs/lab/screen.hpp"
#include "labs/output_file.hpp"
#include "labs/suggest.hpp"
#include "labs/toolchain.hpp"
#include "labs/trace/start.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;
using namespace lab;

constexpr os::Nanos kLook = 200 * os::kMillisecond;  // at the files' times

struct Flags {
  std::string action = "watch", word, answer, reason, from, json, trace;
  int level = 0;
};

class Command {
 public:
  Command(const Flags& f, const Terminal& t) : f_(f), t_(t), say_(t.say) {}

  int run() {
    std::error_code none;
    if (!fs::exists(explore::runner(), none))
      return no(say_("explore.no_runner", {{"path", explore::runner().string()}}), kMachineLacks);
    std::string why;
    all_ = all_exercises(&why);
    if (!why.empty()) return no(why, kMachineLacks);
    if (all_.empty()) return no(say_("lab.none"), kMachineLacks);
    using Action = int (Command::*)();
    static const std::pair<const char*, Action> kActions[] = {
        {"watch", &Command::watch},       {"list", &Command::list},
        {"start", &Command::start},       {"check", &Command::check},
        {"predict", &Command::predict},   {"hint", &Command::hint},
        {"measure", &Command::measure},   {"reset", &Command::reset},
        {"solution", &Command::solution}, {"pack", &Command::pack},
        {"replay", &Command::replay}};
    std::vector<std::string> names;
    for (const auto& [name, action] : kActions) {
      if (f_.action == name) return (this->*action)();
      names.emplace_back(name);
    }
    auto near = nearest(f_.action, names);
    for (const auto& e : all_) {
      if (!near && (e.name == f_.action)) near = "start " + e.name;
    }
    return no(say_("lab.no_action", {{"word", f_.action}, {"near", near.value_or("list")}}));
  }

 private:
  int no(const std::string& message, int code = kWrongUse) const {
    return refuse(t_, "lab", {message, code});
  }
  void print(const std::string& text) const {
    std::fputs(t_.shown(text).c_str(), words_beside(f_.json));
    std::fflush(words_beside(f_.json));
  }

  // The lab that was named, or the current one; null after saying why.
  const Exercise* pick(const std::string& word) {
    const std::string wanted = word.empty() ? mine_.current() : word;
    auto at = std::ranges::find(all_, wanted, &Exercise::name);
    if (at != all_.end()) return &*at;
    if (word.empty()) {
      no(say_("lab.no_current", {{"first", all_.front().name}}));
      return nullptr;
    }
    std::vector<std::string> names;
    for (const auto& e : all_) names.push_back(e.name);
    const auto near = nearest(word, names);
    no(say_("lab.unknown", {{"word", word}, {"near", near.value_or(names.front())}}));
    return nullptr;
  }
  const Exercise* pick_started(const std::string& word) {
    const Exercise* e = pick(word);
    std::error_code none;
    if (e != nullptr && !f_.from.empty() && !fs::is_directory(f_.from, none)) {
      no(say_("lab.no_folder", {{"folder", f_.from}}));
      return nullptr;
    }
    if (e == nullptr || mine_.has(e->name) || !f_.from.empty()) return e;
    no(say_("lab.not_started", {{"lab", e->name}}));
    return nullptr;
  }
  Files files(const Exercise& e) const {
    return files_of(f_.from.empty() ? mine_.folder(e.name) : fs::path(f_.from), e);
  }
  static std::string folder_of(const Exercise& e) { return "labs/mine/" + e.name; }

  int list() {
    print(table_of(all_, mine_, say_));
    return kDone;
  }

  int start() {
    const std::string first = mine_.current().empty() ? all_.front().name : "";
    const Exercise* e = pick(f_.word.empty() ? first : f_.word);
    if (e == nullptr) return kWrongUse;
    return begin(*e) ? kDone : kMachineLacks;
  }
  bool begin(const Exercise& e) {
    const bool there = mine_.has(e.name);
    std::string why;
    if (!mine_.start(e, why)) {
      no(say_("lab.cannot_write", {{"folder", folder_of(e)}, {"why", why}}));
      return false;
    }
    print(introduction(e, say_, there));
    return true;
  }

  int check() {
    const Exercise* e = pick_started(f_.word);
    if (e == nullptr) return kWrongUse;
    if (!can_write(f_.json)) return no(say_("usage.cannot_write", {{"path", f_.json}}));
    return verdict(*e) ? kDone : kNo;
  }
  bool verdict(const Exercise& e) {
    Progress progress(t_);
    progress.show(say_("lab.checking", {{"lab", e.name}}));
    Grader grader(e, say_);
    const Files handed = files(e);
    const Report report = grader.grade_quickly(handed);
    progress.clear();
    const bool first_time = f_.from.empty() && report.passed() && !mine_.passed(e.name);
    std::string text = table_of(e, report, t_);
    if (report.passed()) {
      if (first_time) mine_.set_passed(e.name);
      text += "\n" + passed_text(e, next_after(e));
    }
    if (const Finding* failed = report.first_failure()) {
      if (report.passed()) text += "\n" + say_("lab.optional_left") + "\n";
      text += "\n✗ " + grader.explain(*failed);
    }
    if (!report.isolated) text += "\n" + wrap(say_("lab.not_isolated"), kWidth) + "\n";
    print(text);
    if (report.passed() && first_time) print("\n" + measured(e));
    if (!f_.json.empty())
      (void)write_output(
          f_.json,
          to_json(report).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    if (!f_.trace.empty()) {
      const Finding* failed = report.first_failure();
      (void)keep(failed == nullptr ? "" : failed->recording, kNo);
    }
    return report.passed();
  }
  const Exercise* next_after(const Exercise& e) const {
    for (const auto& other : all_) {
      if (other.order > e.order && !mine_.passed(other.name)) return &other;
    }
    return nullptr;
  }
  std::string passed_text(const Exercise& e, const Exercise* next) const {
    std::string text = "✓ " + say_("lab.passed", {{"lab", e.name}}) + "\n";
    text +=
        next == nullptr
            ? say_("lab.all_done")
            : say_("lab.go_on", {{"lab", next->name}, {"minutes", std::to_string(next->minutes)}});
    return text + "\n";
  }

  int predict() {
    const Exercise* e = pick_started("");
    if (e == nullptr) return kWrongUse;
    if (f_.word.empty()) {
      if (is_interactive()) return ask(*e, true), kDone;
      print(questions_of(*e, mine_, say_));
      return kDone;
    }
    auto at = std::ranges::find(e->predict, f_.word, &Question::id);
    if (at == e->predict.end()) return no(say_("lab.no_question", {{"word", f_.word}}));
    if (f_.answer.empty()) return no(say_("lab.which_answer", {{"word", f_.word}}));
    mine_.predict(e->name, f_.word, {f_.answer, f_.reason});
    print(say_("lab.noted") + "\n");
    return kDone;
  }
  // Those without an answer, or all.
  void ask(const Exercise& e, bool again) {
    const auto known = mine_.predictions(e.name);
    bool first = true;
    for (const Question& q : e.predict) {
      if (!again && known.contains(q.id)) continue;
      if (std::exchange(first, false)) print(wrap(say_("lab.predict_first"), kWidth) + "\n");
      Prediction p;
      print("\n" + wrap(q.ask.in(say_.language()), kWidth) + "\n> ");
      if (!read_line(p.answer)) return;
      print(say_("lab.why") + " ");
      if (!read_line(p.reason)) return;
      mine_.predict(e.name, q.id, p);
    }
    if (!first) print("\n");
  }

  int hint() {
    const Exercise* e = pick(f_.word);
    if (e == nullptr) return kWrongUse;
    return show_hint(*e, f_.level == 0 ? 1 : f_.level);
  }
  int show_hint(const Exercise& e, int level) {
    const std::string text = lab::hint(e, level, say_.language());
    if (text.empty()) return no(say_("lab.no_hint", {{"level", std::to_string(level)}}));
    print(say_("lab.hint", {{"lab", e.name}, {"level", std::to_string(level)}}) + "\n\n" + text +
          "\n");
    if (level < 3)
      print("\n" + say_("lab.more_hints", {{"level", std::to_string(level + 1)}}) + "\n");
    return kDone;
  }

  int measure() {
    const Exercise* e = pick_started(f_.word);
    if (e == nullptr) return kWrongUse;
    if (e->measure.empty()) return no(say_("lab.no_measure", {{"lab", e->name}}));
    const auto result = Grader(*e, say_).measure(files(*e));
    print(measured(*e, result));
    return keep(result.recording, kDone);
  }
  // Writes what was asked for; `code`, or why not.
  int keep(const std::string& recording, int code) const {
    if (f_.trace.empty()) return code;
    if (recording.empty()) return no(say_("lab.nothing_to_record"), kNo);
    if (!write_output(f_.trace, recording))
      return no(say_("usage.cannot_write", {{"path", f_.trace}}), kMachineLacks);
    print(trace::recorded(f_.trace, say_) + "\n");
    return code;
  }
  // What the lab measures of the student's files, with what the student said before.
  std::string measured(const Exercise& e) {
    return e.measure.empty() ? "" : measured(e, Grader(e, say_).measure(files(e)));
  }
  std::string measured(const Exercise& e, const Grader::Measured& result) {
    std::string text = bars_of(e, result, say_);
    const auto predicted = mine_.predictions(e.name);
    return text + compared(e, predicted, result, say_);
  }

  int reset() {
    const Exercise* e = pick_started(f_.word);
    if (e == nullptr) return kWrongUse;
    std::string why;
    const auto kept = mine_.reset(*e, why);
    if (!kept)
      return no(say_("lab.cannot_write", {{"folder", folder_of(*e)}, {"why", why}}), kMachineLacks);
    print(say_("lab.reset", {{"kept", "labs/mine/" + *kept}}) + "\n");
    return kDone;
  }

  int solution() {
    const Exercise* e = pick(f_.word);
    if (e == nullptr) return kWrongUse;
    std::error_code none;
    if (!fs::is_directory(e->folder / "solution", none))
      return no(say_("lab.no_solution", {{"lab", e->name}}));
    if (!mine_.passed(e->name)) return no(say_("lab.pass_first", {{"lab", e->name}}), kNo);
    for (const auto& file : e->files) {
      print("// ---- " + file + "\n" + contents(e->folder / "solution" / file).value_or("") + "\n");
    }
    return kDone;
  }

  int pack() {
    const Exercise* e = pick_started(f_.word);
    if (e == nullptr) return kWrongUse;
    const fs::path folder = mine_.folder(e->name), zip = folder / (e->name + ".zip");
    nlohmann::ordered_json about = {{"schema", "weft.handin/1"}, {"lab", e->name}};
    for (const auto& [question, p] : mine_.predictions(e->name)) {
      about["predictions"][question] = {{"answer", p.answer}, {"reason", p.reason}};
    }
    (void)write_output((folder / "handin.json").string(),
                       about.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    std::vector<std::string> command = {"bsdtar",     "--format", "zip",           "-cf",
                                        zip.string(), "-C",       folder.string(), "handin.json"};
    for (const auto& [name, content] : files(*e)) command.push_back(name);
    const Output output = run_command(std::move(command), 30 * os::kSecond);
    if (output.code != 0) return no(say_("lab.cannot_pack", {{"why", output.text}}), kMachineLacks);
    print(say_("lab.packed", {{"file", folder_of(*e) + "/" + e->name + ".zip"}}) + "\n");
    return kDone;
  }

  // LAB.CHECK-HASH-SCHEDULE; a lab's name may have dashes, a hash and a schedule have none.
  int replay() {
    const std::string& token = f_.word;
    const auto schedule = token.rfind('-');
    const auto hash = schedule == token.npos ? token.npos : token.rfind('-', schedule - 1);
    const auto dot = token.find('.');
    if (hash == token.npos || dot == token.npos || dot > hash)
      return no(say_("lab.bad_token", {{"token", token}}));
    const Exercise* e = pick_started(token.substr(0, dot));
    if (e == nullptr) return kWrongUse;
    Grader grader(*e, say_);
    const auto finding =
        grader.replay(files(*e), token.substr(dot + 1, hash - dot - 1),
                      token.substr(hash + 1, schedule - hash - 1), token.substr(schedule + 1));
    if (!finding) return no(say_("lab.bad_token", {{"token", token}}));
    if (finding->verdict == Verdict::pass) {
      print("✓ " + say_("lab.replay_passes") + "\n\n" + finding->story);
      return keep(finding->recording, kDone);
    }
    print("✗ " + grader.explain(*finding));
    return keep(finding->recording, kNo);
  }

  // ---- watching

  int watch() {
    const bool fresh = mine_.current().empty();
    const Exercise* e = pick(!f_.word.empty() ? f_.word : fresh ? all_.front().name : "");
    if (e == nullptr) return kWrongUse;
    if (!mine_.has(e->name)) {
      if (!begin(*e)) return kMachineLacks;
    } else {
      mine_.set_current(e->name);
    }
    if (!is_interactive()) return verdict(*e) ? kDone : kNo;
    while (e != nullptr) {
      ask(*e, false);
      e = watch(*e);
    }
    return kDone;
  }

  // The lab to go on with; null to stop.
  const Exercise* watch(const Exercise& e) {
    int level = 0;
    auto seen = times(e);
    (void)verdict(e);
    bar(e);
    Keys keys;
    while (true) {
      const char key = keys.next(kLook);
      const auto now = times(e);
      if (now != seen) {
        seen = now;
        print("\n" + std::string(kWidth, '-') + "\n");
        (void)verdict(e);
        level = 0;
        bar(e);
      }
      switch (key) {
        case 'q':
          return nullptr;
        case 'h':
          print("\n");
          (void)show_hint(e, level = std::min(level + 1, 3));
          break;
        case 'm':
          print("\n" + measured(e));
          break;
        case 'l':
          print("\n");
          (void)list();
          break;
        case 'n':
          if (const Exercise* next = next_after(e)) {
            print("\n");
            if (!begin(*next)) return nullptr;
            return next;
          }
          print("\n" + say_("lab.all_done") + "\n");
          break;
        case 'r':
          print("\n" + say_("lab.really_reset") + "\n");
          if (keys.next(10 * os::kSecond) == 'y') (void)reset();
          break;
        default:
          break;
      }
    }
  }
  void bar(const Exercise& e) const {
    print("\n" + t_.dim(say_("lab.watching", {{"file", folder_of(e) + "/" + e.files.front()}})) +
          "\n" + t_.dim(say_("lab.keys")) + "\n");
  }
  std::vector<fs::file_time_type> times(const Exercise& e) const {
    std::vector<fs::file_time_type> out;
    for (const auto& file : e.files) {
      std::error_code none;
      out.push_back(fs::last_write_time(mine_.folder(e.name) / file, none));
    }
    return out;
  }

  const Flags& f_;
  const Terminal& t_;
  const Say& say_;
  std::vector<Exercise> all_;
  Mine mine_;
};

}  // namespace

void lab_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("ACTION", f->action, say("lab.help_action"));
  sub.add_option("NAME", f->word, say("lab.help_name"));
  sub.add_option("ANSWER", f->answer, say("lab.help_answer"));
  sub.add_option("--level", f->level, say("lab.help_level"))->check(CLI::Range(1, 3));
  sub.add_option("--reason", f->reason, say("lab.help_reason"));
  sub.add_option("--from", f->from, say("lab.help_from"))->type_name("FOLDER");
  sub.add_option("--json", f->json, say("lab.help_json"))->type_name("FILE");
  sub.add_option("--trace", f->trace, say("lab.help_trace"))->type_name("FILE");
  sub.footer(say("lab.footer"));
  sub.callback([=, &terminal, &exit_code] { exit_code = Command(*f, terminal).run(); });
}

std::optional<int> check_lab(const std::string& name, const std::string& json,
                             const Terminal& terminal) {
  if (std::ranges::count(all_exercises(), name, &Exercise::name) == 0) return std::nullopt;
  Flags f;
  f.action = "check";
  f.word = name;
  f.json = json;
  return Command(f, terminal).run();
}

}  // namespace weft::labs
