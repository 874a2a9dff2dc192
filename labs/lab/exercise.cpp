// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/exercise.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "labs/toolchain.hpp"

namespace weft::labs::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Reads a field and remembers that it is known: a misspelled one is told, not passed over.
class Fields {
 public:
  Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) bad("is no object");
  }
  void end() const {
    for (const auto& [key, value] : object_.items()) {
      if (std::ranges::find(known_, key) == known_.end()) bad("has no field \"" + key + "\"");
    }
  }

  bool has(const char* key) {
    known_.emplace_back(key);
    return object_.contains(key);
  }
  template <class T>
  void read(const char* key, T& into, bool required = false) {
    if (!has(key)) {
      if (required) bad(std::string("lacks \"") + key + "\"");
      return;
    }
    try {
      into = object_.at(key).get<T>();
    } catch (const json::exception&) {
      bad(std::string("has a \"") + key + "\" of another type");
    }
  }
  void read(const char* key, Text& into, bool required = false) {
    if (!has(key)) {
      if (required) bad(std::string("lacks \"") + key + "\"");
      return;
    }
    into = text(object_.at(key), where_ + "." + key);
  }
  const json& at(const char* key) { return object_.at(key); }
  [[noreturn]] void bad(const std::string& what) const {
    throw std::runtime_error((where_.empty() ? "it" : where_) + " " + what);
  }

  static Text text(const json& j, const std::string& where) {
    Text out;
    Fields f(j, where);
    f.read("en", out.en, true);
    f.read("zh", out.zh, true);
    f.end();
    return out;
  }

 private:
  const json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

Check check(const json& j, const std::string& where) {
  Check c;
  Fields f(j, where);
  std::string kind = "program";
  f.read("id", c.id, true);
  f.read("kind", kind);
  f.read("title", c.title, true);
  f.read("weight", c.weight);
  f.read("optional", c.optional);
  f.read("file", c.file, kind == "program");
  c.with_all = !f.has("with");
  f.read("with", c.with);
  f.read("policy", c.policy, kind == "workload");
  f.read("lwps", c.lwps);
  f.read("preemptions", c.preemptions);
  f.read("iterations", c.iterations);
  f.read("steps", c.steps);
  f.read("strategy", c.strategy);
  f.read("faults", c.faults);
  f.read("leaks", c.leaks);
  f.read("races", c.races);
  f.read("on", c.on);
  f.read("workload", c.workload, kind == "workload");
  f.read("expected", c.expected, kind == "workload");
  f.read("reference", c.reference, kind == "mutants");
  f.read("mutants", c.mutants, kind == "mutants");
  f.read("need", c.need, kind == "mutants");
  f.end();
  if (kind == "program") {
    c.kind = Check::Kind::program;
  } else if (kind == "workload") {
    c.kind = Check::Kind::workload;
  } else if (kind == "mutants") {
    c.kind = Check::Kind::mutants;
  } else {
    f.bad("is of no known kind (program, workload, mutants)");
  }
  return c;
}

Exercise read(const fs::path& folder) {
  const auto text = contents(folder / "lab.json");
  if (!text) throw std::runtime_error("there is no lab.json");
  const json j = json::parse(*text, nullptr, true, true);  // with comments
  Exercise e;
  e.name = fs::weakly_canonical(folder).filename();
  e.folder = folder;
  Fields f(j, "");
  f.read("order", e.order, true);
  f.read("title", e.title, true);
  f.read("chapter", e.chapter, true);
  f.read("minutes", e.minutes, true);
  f.read("difficulty", e.difficulty, true);
  f.read("files", e.files, true);
  f.read("include", e.include);
  f.read("measure", e.measure);
  f.read("measure_policy", e.measure_policy);
  f.read("measure_lwps", e.measure_lwps);
  if (f.has("predict")) {
    for (const json& one : f.at("predict")) {
      Fields q(one, "predict[" + std::to_string(e.predict.size()) + "]");
      Question question;
      q.read("id", question.id, true);
      q.read("ask", question.ask, true);
      q.read("figure", question.figure);
      q.end();
      e.predict.push_back(std::move(question));
    }
  }
  if (f.has("figures")) {
    for (const auto& [name, figure] : f.at("figures").items()) {
      e.figures[name] = Fields::text(figure, "figures." + name);
    }
  }
  if (!f.has("checks")) f.bad("lacks \"checks\"");
  for (const json& one : f.at("checks")) {
    e.checks.push_back(check(one, "checks[" + std::to_string(e.checks.size()) + "]"));
  }
  if (f.has("messages")) {
    for (const auto& [id, one] : f.at("messages").items()) {
      Fields m(one, "messages." + id);
      Message message;
      m.read("broken", message.broken, true);
      m.read("rule", message.rule, true);
      m.read("next", message.next, true);
      m.end();
      e.messages[id] = std::move(message);
    }
  }
  f.end();
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".hpp") && std::ranges::count(e.files, name) == 0) e.given.push_back(name);
  }
  std::ranges::sort(e.given);
  std::vector<std::string> must_exist = e.files;
  for (const Check& c : e.checks) {
    for (const auto& file : {c.file, c.workload, c.expected, c.reference}) {
      if (!file.empty()) must_exist.push_back(file);
    }
    must_exist.insert(must_exist.end(), c.mutants.begin(), c.mutants.end());
    if (c.kind == Check::Kind::workload && !c.on.contains("differs"))
      f.bad("check " + c.id + " lacks \"on\": {\"differs\"}");
    if (c.kind == Check::Kind::mutants &&
        (!c.on.contains("rejects_right") || !c.on.contains("survivors")))
      f.bad("check " + c.id + " lacks \"on\": {\"rejects_right\", \"survivors\"}");
    for (const auto& [outcome, id] : c.on) {
      if (!e.messages.contains(id)) f.bad("has no message \"" + id + "\"");
    }
  }
  if (!e.measure.empty()) must_exist.push_back(e.measure);
  for (const auto& file : must_exist) {
    std::error_code none;
    if (!fs::exists(folder / file, none)) f.bad("names " + file + ", which is not there");
  }
  return e;
}

}  // namespace

int Exercise::points() const {
  return std::accumulate(checks.begin(), checks.end(), 0,
                         [](int sum, const Check& c) { return sum + c.weight; });
}

std::variant<Exercise, BadLab> load(const fs::path& folder) {
  try {
    return read(folder);
  } catch (const std::exception& error) {
    return BadLab{(folder / "lab.json").string() + ": " + error.what()};
  }
}

fs::path exercises() {
  if (const char* elsewhere = std::getenv("WEFT_EXERCISES")) return elsewhere;
  const fs::path root = source_root();
  return root.empty() ? root : root / "labs/exercises";
}

std::vector<Exercise> all_exercises(std::string* why_not) {
  std::vector<Exercise> out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(exercises(), none)) {
    if (!entry.is_directory() || !fs::exists(entry.path() / "lab.json", none)) continue;
    auto loaded = load(entry.path());
    if (auto* e = std::get_if<Exercise>(&loaded)) {
      out.push_back(std::move(*e));
    } else if (why_not != nullptr) {
      *why_not = std::get<BadLab>(loaded).message;
    }
  }
  std::ranges::sort(out, {}, [](const Exercise& e) { return std::pair(e.order, e.name); });
  return out;
}

std::string hint(const Exercise& exercise, int level, Language language) {
  const fs::path file = exercise.folder / (language == Language::zh ? "hints.zh.md" : "hints.md");
  const std::string text = "\n" + contents(file).value_or("");
  const std::string head = "\n## " + std::to_string(level);
  auto at = text.find(head);
  if (at == text.npos) return "";
  at = text.find('\n', at + 1);
  if (at == text.npos) return "";
  std::string out = text.substr(at, text.find("\n## ", at) - at);
  const auto begin = out.find_first_not_of('\n'), end = out.find_last_not_of('\n');
  return begin == out.npos ? "" : out.substr(begin, end - begin + 1);
}

}  // namespace weft::labs::lab
