// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/grade.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "labs/columns.hpp"
#include "labs/compile.hpp"
#include "labs/exit.hpp"
#include "labs/explore/ask.hpp"
#include "labs/explore/trace.hpp"
#include "labs/lab/generic.hpp"
#include "labs/lab/symbols.hpp"
#include "labs/sandbox.hpp"
#include "labs/sealed.hpp"
#include "labs/toolchain.hpp"
#include "lwp/atomic.hpp"
#include "lwp/os.hpp"

namespace weft::labs::lab {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;
using nlohmann::json;

constexpr Fence kCheck{.cpu_seconds = 60, .wall_seconds = 120};
constexpr long long kExploring = 30 * os::kSecond;
constexpr std::size_t kHashDigits = 8;
constexpr std::size_t kStoryLines = 30;
constexpr std::uint64_t kDrawn = 20;             // schedules for a seed
constexpr std::uint64_t kMeasuring = 1'000'000;  // steps

bool is_policy_file(const std::string& name) {
  return name.ends_with(".cpp");
}

std::string in_full(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

}  // namespace

const char* name(Verdict v) {
  switch (v) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::inconclusive:
      return "inconclusive";
    case Verdict::grader_error:
      return "grader error";
  }
  return "";
}

bool Report::passed() const {
  return !findings.empty() && std::ranges::all_of(findings, [](const Finding& f) {
    return f.optional || f.verdict == Verdict::pass;
  });
}
const Finding* Report::first_failure() const {
  auto at = std::ranges::find_if(findings, [](auto& f) { return f.verdict != Verdict::pass; });
  return at == findings.end() ? nullptr : &*at;
}

nlohmann::ordered_json to_json(const Report& report) {
  auto checks = nlohmann::ordered_json::array();
  for (const Finding& f : report.findings) {
    checks.push_back({{"id", f.check},
                      {"title", f.title.en},
                      {"verdict", name(f.verdict)},
                      {"points", f.verdict == Verdict::pass ? f.weight : 0},
                      {"most", f.weight},
                      {"optional", f.optional},
                      {"message", f.id},
                      {"evidence", f.evidence},
                      {"story", f.story},
                      {"token", f.token},
                      {"schedules", f.schedules},
                      {"exhaustive", f.exhaustive}});
  }
  return {{"schema", "weft.lab/1"},     {"lab", report.exercise},    {"points", report.points},
          {"most", report.most},        {"passed", report.passed()}, {"isolated", report.isolated},
          {"checks", std::move(checks)}};
}

std::string Report::oral_token() const {
  if (const Finding* failed = first_failure(); failed != nullptr && !failed->token.empty())
    return failed->token;
  auto last = std::ranges::find_if(findings.rbegin(), findings.rend(),
                                   [](auto& f) { return !f.token.empty(); });
  return last == findings.rend() ? "" : last->token;
}

Files files_of(const fs::path& folder, const Exercise& exercise) {
  Files out;
  for (const auto& name : exercise.files) {
    std::error_code none;
    if (!fs::is_regular_file(folder / name, none)) continue;
    if (fs::file_size(folder / name, none) > kLargestFile) continue;
    if (auto text = contents(folder / name)) out[name] = std::move(*text);
  }
  return out;
}

Report Grader::begun() const {
  Report report;
  report.exercise = exercise_.name;
  report.most = exercise_.points();
  report.isolated = can_isolate();
  return report;
}

Report Grader::grade_quickly(const Files& files) {
  Report report = begun();
  const auto& checks = exercise_.checks;
  report.findings.resize(checks.size());
  // Those that try the student's tests take longest: they come first.
  std::vector<std::size_t> order;
  for (const bool mutants : {true, false}) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if ((checks[i].kind == Check::Kind::mutants) == mutants) order.push_back(i);
    }
  }
  lwp::atomic<std::size_t> next{0};
  const auto work = [&](Grader& grader) {
    for (std::size_t n = next++; n < order.size(); n = next++) {
      report.findings[order[n]] = grader.run(checks[order[n]], files);
    }
  };
  Grader other(exercise_, say_);
  os::Thread beside("grader", [&] { work(other); });
  work(*this);
  beside.join();
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (report.findings[i].verdict == Verdict::pass) report.points += checks[i].weight;
  }
  return report;
}

Report Grader::grade(const Files& files, std::uint64_t seed, Until until) {
  seed_ = seed;
  schedule_.clear();
  Report report = begun();
  for (const Check& check : exercise_.checks) {
    report.findings.push_back(run(check, files));
    if (report.findings.back().verdict == Verdict::pass) {
      report.points += check.weight;
    } else if (until == Until::first_failure) {
      break;
    }
  }
  return report;
}

std::optional<Finding> Grader::replay(const Files& files, const std::string& id,
                                      const std::string& hash, const std::string& schedule) {
  auto check = std::ranges::find(exercise_.checks, id, &Check::id);
  if (check == exercise_.checks.end()) return std::nullopt;
  schedule_ = schedule;
  hash_ = hash;
  return run(*check, files);
}

Grader::Measured Grader::measure(const Files& files) {
  Measured out;
  if (exercise_.measure.empty()) return out;
  if (exercise_.measure.ends_with(".txt")) {
    auto simulated = simulate(exercise_.measure_policy, exercise_.measure, files);
    if (!simulated.built.failed.empty()) {
      out.problem = simulated.built.words;
      return out;
    }
    (simulated.code == kDone ? out.picture : out.problem) = std::move(simulated.text);
    if (!simulated.result.is_object()) return out;
    for (const auto& [name, label] : exercise_.figures) {
      if (simulated.result.contains(name) && simulated.result.at(name).is_number())
        out.figures.emplace_back(name, simulated.result.at(name));
    }
    return out;
  }
  Check check;
  check.lwps = exercise_.measure_lwps;
  check.steps = kMeasuring;
  const Built built = build(check, exercise_.measure, files);
  if (!built.failed.empty()) {
    out.problem = built.words;
    return out;
  }
  json asked = question(check, built, {});
  asked["schedule"] = "0";
  const auto answer = explore::ask(std::move(asked), &kCheck, hidden());
  if (answer.found.is_null() || answer.found.contains("error")) {
    out.problem = say_("lab.no_answer");
    return out;
  }
  if (answer.found.contains("story")) {
    out.recording =
        recording(story(check, files, built, answer.found), check, answer.found.at("verdict"));
  }
  for (const json& f : answer.found.at("figures")) {
    out.figures.emplace_back(f.at("name"), f.at("value"));
  }
  if (answer.found.at("verdict") != "passed") {
    Finding finding;
    judge(check, answer.found, finding);
    out.problem = explain(finding);
  }
  return out;
}

Finding Grader::run(const Check& check, const Files& files) {
  Finding finding;
  finding.check = check.id;
  finding.title = check.title;
  finding.weight = check.weight;
  finding.optional = check.optional;
  const os::Nanos began = os::now();
  for (const auto& name : exercise_.files) {
    if (files.contains(name)) continue;
    fail(finding, "lab.missing_file", name);
    return finding;
  }
  try {
    switch (check.kind) {
      case Check::Kind::program:
        program(check, files, finding);
        break;
      case Check::Kind::workload:
        workload(check, files, finding);
        break;
      case Check::Kind::mutants:
        mutants(check, files, finding);
        break;
    }
  } catch (const std::exception& error) {
    finding.verdict = Verdict::grader_error;
    finding.id = "lab.grader";
    finding.evidence = error.what();
  }
  finding.seconds = static_cast<double>(os::now() - began) / 1e9;
  return finding;
}

void Grader::fail(Finding& finding, std::string id, std::string evidence) const {
  finding.verdict = id == "lab.grader"                            ? Verdict::grader_error
                    : id == "lab.no_time" || id == "lab.unsteady" ? Verdict::inconclusive
                                                                  : Verdict::fail;
  finding.id = std::move(id);
  finding.evidence = printable(evidence);
}

Built Grader::build(const Check& check, const std::string& own, const Files& files) {
  Files with;
  for (const auto& [name, content] : files) {
    const bool asked =
        check.with_all ? name != check.policy : std::ranges::count(check.with, name) > 0;
    if (asked) with.emplace(name, content);
  }
  return builder_.build(own, with);
}

// What speaks of schedules without a preemption says nothing of others.
bool Grader::drawn(const Check& check) const {
  return seed_ != 0 && check.preemptions > 0;
}

std::uint64_t Grader::iterations(const Check& check) const {
  return drawn(check) ? std::min(check.iterations, kDrawn) : check.iterations;
}

// From who runs the student's code: other processes and their secrets, the checks and the solution,
// other students' files.
std::vector<std::string> Grader::hidden() const {
  std::vector<std::string> out = {"/proc", exercise_.folder.parent_path().string()};
  const std::string temporary = fs::temp_directory_path(), ours = source_root();
  if (!ours.starts_with(temporary)) out.push_back(temporary);
  return out;
}

json Grader::question(const Check& check, const Built& program, const Built& policy) const {
  json asked = explore::question(program.library);
  asked["policy_library"] = policy.library;
  if (!check.policy.empty() && policy.library.empty()) asked["policy"] = check.policy;
  asked["lwps"] = check.lwps;
  asked["strategy"] = drawn(check) ? "pct" : check.strategy;
  asked["preemptions"] = check.preemptions;
  asked["iterations"] = iterations(check);
  asked["steps"] = check.steps;
  asked["faults"] = check.faults;
  asked["leaks"] = check.leaks;
  asked["races"] = check.races;
  asked["seed"] = seed_ == 0 ? std::uint64_t{1} : seed_;
  asked["time_limit"] = kExploring;
  if (!schedule_.empty()) asked["schedule"] = schedule_;
  return asked;
}

void Grader::program(const Check& check, const Files& files, Finding& finding, bool tells) {
  const Built built = build(check, check.file, files);
  if (!built.failed.empty()) return fail(finding, "lab." + built.failed, built.words);
  Built policy;
  if (is_policy_file(check.policy)) {
    policy = builder_.build("", {{check.policy, files.at(check.policy)}});
    if (!policy.failed.empty()) return fail(finding, "lab." + policy.failed, policy.words);
  }
  const auto answer = explore::ask(question(check, built, policy), &kCheck, hidden());
  if (!answer.sealed) return fail(finding, "lab.forged", "");
  if (answer.found.is_null()) {
    constexpr int kKilled = 137, kTimeout = 124, kTooMuchCpu = 152;
    if (answer.code == kTooMuchCpu) return fail(finding, "lab.endless", "");
    const bool time = answer.code == kKilled || answer.code == kTimeout || answer.code == -1;
    return fail(finding, time ? "lab.no_time" : "lab.exits", "");
  }
  const json& found = answer.found;
  if (found.contains("error")) {
    const std::string why = found.at("error");
    if (why.find("undefined symbol") != why.npos)
      return fail(finding, "lab.does_not_link", demangled(why));
    if (why.find("ends the whole process") != why.npos) return fail(finding, "lab.exits", "");
    if (why.find("weft_policy") != why.npos)
      return fail(finding, "lab.does_not_link", "WEFT_POLICY");
    return fail(finding, "lab.grader", why);
  }
  judge(check, found, finding);
  // A schedule that passes is told when it is asked for.
  const bool to_tell = finding.verdict != Verdict::pass || !schedule_.empty();
  if (finding.verdict != Verdict::grader_error) {
    if (tells && to_tell) {
      const explore::Story all = story(check, files, built, found);
      finding.story = printable(in_text(all));
      finding.recording = recording(all, check, found.at("verdict"));
    }
    const std::string hash = (built.source + policy.source).substr(0, kHashDigits);
    const std::string schedule = schedule_.empty() ? found.value("schedule", "0") : schedule_;
    finding.token = exercise_.name + "." + check.id + "-" + hash + "-" + schedule;
    if (!hash_.empty() && hash_ != hash) {
      finding.evidence = say_("explore.another") + "\n" + finding.evidence;
    }
  }
}

void Grader::judge(const Check& check, const json& found, Finding& finding) const {
  finding.schedules = found.value("runs", std::uint64_t{1});
  finding.exhaustive = found.value("exhaustive", false);
  const std::string verdict = found.at("verdict"), what = found.at("what");
  if (verdict == "passed") {
    const bool all = finding.exhaustive || finding.schedules >= iterations(check);
    if (!schedule_.empty() || (all && finding.schedules > 0)) {
      finding.verdict = Verdict::pass;
    } else {
      fail(finding, "lab.no_time", "");
    }
    return;
  }
  const std::string call = found.at("blocked_in"), kind = found.at("kind");
  const std::string outcome = verdict == "deadlock"   ? call.empty() ? "deadlock" : "blocked"
                              : verdict == "too long" ? "endless"
                                                      : kind;
  std::string evidence = figures(found);
  auto add = [&](const std::string& line) { evidence += (evidence.empty() ? "" : "\n") + line; };
  if (outcome == "blocked") add(say_("explore.blocked", {{"call", call}}));
  if (outcome == "leak" || outcome == "exception" || outcome == "crash" || outcome == "kernel")
    add(what);
  if (outcome == "property" && exercise_.messages.contains(what))
    return fail(finding, exercise_.name + "." + what, evidence);
  if (auto own = check.on.find(outcome); own != check.on.end())
    return fail(finding, exercise_.name + "." + own->second, evidence);
  if (outcome == "property") add(what);
  fail(finding, "lab." + outcome, evidence);
}

std::string Grader::figures(const json& found) const {
  std::string out;
  for (const json& f : found.at("figures")) {
    const std::string name = f.at("name");
    auto label = exercise_.figures.find(name);
    out += (out.empty() ? "" : "\n") +
           (label == exercise_.figures.end() ? name : label->second.in(say_.language())) + ": " +
           in_full(f.at("value"));
  }
  return out;
}

// The lines of the check and of the student's files, one after the other; of the check's the
// numbers are not shown.
explore::Story Grader::story(const Check& check, const Files& files, const Built& built,
                             const json& found) const {
  std::vector<std::string> source = lines_in(contents(exercise_.folder / check.file).value_or(""));
  const std::size_t of_check = source.size();
  auto lines = explore::lines_of(built.library, shown_path(check.file), found.at("story"));
  for (const auto& [name, content] : files) {
    for (const auto& [offset, line] :
         explore::lines_of(built.library, shown_path(name), found.at("story"))) {
      lines[offset] = line + static_cast<unsigned>(source.size());
    }
    const auto more = lines_in(content);
    source.insert(source.end(), more.begin(), more.end());
  }
  auto told = explore::tell(found, lines, source, {.policy = is_policy_file(check.policy)});
  for (auto& l : told.lines) {
    const auto first = static_cast<unsigned>(of_check);
    l.line = l.line > first ? l.line - first : 0;
  }
  return told;
}

std::string Grader::recording(const explore::Story& told, const Check& check,
                              const std::string& outcome) const {
  const std::string lwps = std::to_string(check.lwps) + (check.lwps == 1 ? " LWP" : " LWPs");
  return explore::to_recording(told, exercise_.name, "explored, " + lwps, outcome, say_);
}

// Its end.
std::string Grader::in_text(explore::Story told) const {
  if (told.lines.size() > kStoryLines) {
    const std::size_t cut = told.lines.size() - kStoryLines;
    told.lines.erase(told.lines.begin(), told.lines.begin() + static_cast<long>(cut));
  }
  return told.lines.empty() ? "" : explore::to_text(told, kWidth, say_);
}

Grader::Simulated Grader::simulate(const std::string& policy, const std::string& workload,
                                   const Files& files) {
  // As the real world sees it, not the simulated one: the same file may say other things there.
  const Built built = builder_.build("", {{policy, files.at(policy)}}, Builder::World::real);
  if (!built.failed.empty()) return {built, kWrongUse, "", nullptr};
  const Letter letter(json::object(), can_isolate(), hidden());
  const Output output = run_command(
      fenced({os::own_program(), "simulate", "--policy", policy, "--library", built.library,
              "--letter", letter.path(), "--workload", (exercise_.folder / workload).string(),
              "--lang", say_.language() == Language::zh ? "zh" : "en"},
             kCheck),
      kExploring * 4);
  auto answer = letter.answer();
  Simulated simulated{built, output.code, output.text, std::move(answer.found), answer.sealed};
  const std::string prefix = exercise_.folder.string() + "/";  // which no student needs to see
  for (auto at = simulated.text.find(prefix); at != std::string::npos;
       at = simulated.text.find(prefix)) {
    simulated.text.erase(at, prefix.size());
  }
  return simulated;
}

void Grader::workload(const Check& check, const Files& files, Finding& finding) {
  const auto [built, code, text, got, sealed] = simulate(check.policy, check.workload, files);
  if (!built.failed.empty()) return fail(finding, "lab." + built.failed, built.words);
  if (!sealed) return fail(finding, "lab.forged", "");
  if (code != 0 || got.is_null()) {
    if (code == kNo) return fail(finding, "lab.policy_rule", text);
    if (code == kWrongUse) return fail(finding, "lab.does_not_link", text);
    if (code == 0) return fail(finding, "lab.exits", "");
    return fail(finding, code == 137 ? "lab.no_time" : "lab.crash", text);
  }
  finding.schedules = 1;
  std::ostringstream ran;
  for (const json& s : got.at("segments")) {
    if (s.at("state") != "runs") continue;
    ran << s.at("name").get<std::string>() << " " << in_full(s.at("begin")) << " "
        << in_full(s.at("end")) << "\n";
  }
  const auto mine = lines_in(ran.str());
  const auto right = lines_in(contents(exercise_.folder / check.expected).value_or(""));
  for (std::size_t i = 0; i < std::max(mine.size(), right.size()); ++i) {
    const std::string yours = i < mine.size() ? mine[i] : say_("lab.nobody");
    const std::string theirs = i < right.size() ? right[i] : say_("lab.nobody");
    if (yours == theirs) continue;
    std::string evidence = say_("lab.differs", {{"yours", yours}, {"rule", theirs}});
    evidence +=
        "\n" + say_("lab.see_workload",
                    {{"policy", "labs/mine/" + exercise_.name + "/" + check.policy},
                     {"workload", "labs/exercises/" + exercise_.name + "/" + check.workload}});
    return fail(finding, exercise_.name + "." + check.on.at("differs"), evidence);
  }
  finding.verdict = Verdict::pass;
  finding.exhaustive = true;
}

void Grader::mutants(const Check& check, const Files& files, Finding& finding) {
  // The student's tests are the program; what they are tried on is the lab's.
  auto outcome = [&](const std::string& variant, bool tells) {
    Finding one;
    Check as = check;
    as.kind = Check::Kind::program;
    as.file = variant;
    program(as, files, one, tells);
    finding.schedules += one.schedules;
    return one;
  };
  Finding right = outcome(check.reference, true);
  finding.exhaustive = right.exhaustive;
  finding.story = right.story;
  finding.token = right.token;
  if (right.verdict != Verdict::pass) {
    const bool rejects = right.verdict == Verdict::fail && !right.token.empty();
    fail(finding, rejects ? exercise_.name + "." + check.on.at("rejects_right") : right.id,
         right.evidence);
    return;
  }
  if (!schedule_.empty()) {
    finding.verdict = Verdict::pass;
    return;
  }
  // A few drawn schedules may miss what the lab's find.
  const std::uint64_t seed = std::exchange(seed_, 0);
  int killed = 0;
  std::string alive;
  for (std::size_t n = 0; n < check.mutants.size(); ++n) {
    const Finding one = outcome(check.mutants[n], false);
    if (one.verdict == Verdict::inconclusive || one.verdict == Verdict::grader_error) {
      fail(finding, one.id, one.evidence);
      break;
    }
    if (one.verdict == Verdict::fail) {
      ++killed;
    } else {
      alive += (alive.empty() ? "" : ", ") + std::to_string(n + 1);
    }
  }
  seed_ = seed;
  if (!finding.id.empty()) return;
  if (killed >= check.need) {
    finding.verdict = Verdict::pass;
    return;
  }
  finding.token.clear();
  fail(finding, exercise_.name + "." + check.on.at("survivors"),
       say_("lab.killed", {{"n", std::to_string(killed)},
                           {"of", std::to_string(check.mutants.size())},
                           {"need", std::to_string(check.need)},
                           {"alive", alive}}));
}

std::string Grader::explain(const Finding& f) const {
  const Language l = say_.language();
  std::string broken, rule, next;
  const auto dot = f.id.find('.');
  if (f.id.starts_with("lab.")) {
    const Generic g = generic(f.id.substr(4), say_);
    broken = g.broken;
    rule = g.rule;
    next = g.next;
  } else if (auto m = exercise_.messages.find(f.id.substr(dot + 1));
             m != exercise_.messages.end()) {
    broken = m->second.broken.in(l);
    rule = m->second.rule.in(l);
    next = m->second.next.in(l);
  }
  std::string out = wrap(broken + "  [" + f.id + "]", kWidth) + "\n";
  if (!f.evidence.empty()) {
    out += "\n";
    for (const auto& line : lines_in(f.evidence)) out += "  " + line + "\n";
  }
  if (!f.story.empty()) out += "\n" + f.story;
  if (!rule.empty()) out += "\n" + wrap(say_("lab.rule") + " " + rule, kWidth, 2) + "\n";
  if (!next.empty()) out += wrap(say_("lab.next") + " " + next, kWidth, 2) + "\n";
  if (!f.token.empty()) out += say_("lab.replay", {{"token", f.token}}) + "\n";
  return out;
}

}  // namespace weft::labs::lab
