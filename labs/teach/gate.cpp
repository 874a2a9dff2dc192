// SPDX-License-Identifier: BSL-1.0
#include "labs/teach/gate.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "labs/teach/apart.hpp"
#include "labs/toolchain.hpp"

namespace weft::labs::teach {
namespace {

namespace fs = std::filesystem;
using lab::Exercise;
using lab::Files;

constexpr std::string_view kExpect = "// expect: ";

std::string expected_in(const std::string& text) {
  const auto at = text.find(kExpect);
  if (at == text.npos) return "";
  const auto begin = at + kExpect.size();
  return text.substr(begin, text.find_first_of(" \r\n", begin) - begin);
}

// A wrong solution is the right one with other files: a file takes the place of the lab's first.
struct Attempt {
  std::string name, expected;
  Files files;
};
std::vector<Attempt> attempts(const Exercise& exercise, const Files& right) {
  std::vector<fs::path> paths;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(exercise.folder / "wrong", none)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<Attempt> out;
  for (const auto& path : paths) {
    Attempt a{path.stem(), "", right};
    auto put = [&](const std::string& name, const fs::path& from) {
      a.files[name] = contents(from).value_or("");
      if (a.expected.empty()) a.expected = expected_in(a.files[name]);
    };
    if (fs::is_directory(path, none)) {
      for (const auto& file : fs::directory_iterator(path, none)) {
        put(file.path().filename(), file.path());
      }
    } else {
      put(exercise.files.front(), path);
    }
    out.push_back(std::move(a));
  }
  return out;
}

std::vector<std::string> lacking(const Exercise& exercise) {
  std::vector<std::string> out;
  for (const char* file : {"README.md", "README.zh.md", "hints.md", "hints.zh.md"}) {
    if (!contents(exercise.folder / file)) out.emplace_back(file);
  }
  for (const Language l : {Language::en, Language::zh}) {
    for (int level = 1; level <= 3; ++level) {
      if (lab::hint(exercise, level, l).empty()) {
        out.push_back(std::string(l == Language::zh ? "hints.zh.md" : "hints.md") + ": level " +
                      std::to_string(level));
      }
    }
  }
  for (const auto& file : exercise.files) {
    if (!contents(exercise.folder / "solution" / file)) out.push_back("solution/" + file);
  }
  constexpr std::size_t kFewestWrong = 5;
  std::error_code none;
  const auto wrong = fs::directory_iterator(exercise.folder / "wrong", none);
  if (std::distance(begin(wrong), end(wrong)) < static_cast<long>(kFewestWrong)) {
    out.emplace_back("wrong/: five at least");
  }
  return out;
}

// "runs: lwps.again-first 3 ticks lwps.runs-1a721fbd-79:1"
std::string first_failure(const nlohmann::ordered_json& report) {
  for (const auto& c : report.at("checks")) {
    if (c.at("verdict") == "pass") continue;
    return c.at("id").get<std::string>() + ": " + c.at("message").get<std::string>() + " " +
           c.at("evidence").get<std::string>() + " " + c.at("token").get<std::string>();
  }
  return "";
}

}  // namespace

bool Gated::holds() const {
  return starter_builds && starter_fails && starter_points == 0 &&
         solution_passed == solution_runs && lacks.empty() &&
         std::ranges::all_of(wrong, [](const Wrong& w) { return w.rejected && w.message_ok; });
}

Gated gate(const Exercise& exercise, int runs, int jobs, lab::Grader::Until until, const Say& say,
           const std::function<void(const std::string&)>& progress) {
  Gated out;
  out.lab = exercise.name;
  out.lacks = lacking(exercise);
  const Files right = files_of(exercise.folder / "solution", exercise);

  // Each solution with a lot of seeds, so that it compiles once for them; then the wrong ones; and
  // the starter, as one of these.
  progress(exercise.name);
  const auto solutions = each_apart(
      static_cast<std::size_t>(jobs), jobs,
      [&](std::size_t job) {
        lab::Grader grader(exercise, say);
        auto reports = nlohmann::ordered_json::array();
        for (int run = static_cast<int>(job); run < runs; run += jobs) {
          reports.push_back(lab::to_json(grader.grade(right, static_cast<std::uint64_t>(run))));
        }
        return reports;
      },
      [](std::size_t) {});
  out.solution_runs = runs;
  for (const auto& reports : solutions) {
    for (const auto& report : reports) {
      if (report.at("points") == report.at("most")) {
        ++out.solution_passed;
      } else if (out.flaw.empty()) {
        out.flaw = first_failure(report);
      }
    }
  }

  const auto measured = each_apart(
      1, 1,
      [&](std::size_t) {
        return nlohmann::ordered_json(lab::Grader(exercise, say).measure(right).problem);
      },
      [](std::size_t) {});
  if (!measured.front().is_string()) {
    out.lacks.emplace_back("measure");
  } else if (const std::string why = measured.front(); !why.empty()) {
    out.lacks.push_back("measure: " + why);
  }

  std::vector<Attempt> all = attempts(exercise, right);
  all.insert(all.begin(), {"", "", files_of(exercise.folder, exercise)});
  const auto reports = each_apart(
      all.size(), jobs,
      [&](std::size_t n) {
        return lab::to_json(lab::Grader(exercise, say)
                                .grade(all[n].files, 0, n == 0 ? lab::Grader::Until::end : until));
      },
      [&](std::size_t n) {
        progress(exercise.name + ": " + std::to_string(n) + "/" + std::to_string(all.size()));
      });
  for (std::size_t n = 0; n < all.size(); ++n) {
    const auto& report = reports[n];
    Wrong w;
    w.name = all[n].name;
    w.expected = all[n].expected;
    std::string first;
    if (!report.is_null()) {
      for (const auto& c : report.at("checks")) {
        w.got.push_back(c.at("message"));
        if (first.empty()) first = c.at("message");
      }
      w.rejected = report.at("points") < report.at("most");
    }
    w.message_ok = first == w.expected;
    if (n > 0) {
      out.wrong.push_back(std::move(w));
      continue;
    }
    out.starter_fails = !report.is_null() && !report.at("passed");
    out.starter_points = report.is_null() ? 0 : report.at("points").get<int>();
    out.starter_builds = std::ranges::none_of(w.got, [](const std::string& id) {
      return id == "lab.does_not_compile" || id == "lab.missing_file" || id == "lab.grader";
    });
  }
  return out;
}

nlohmann::ordered_json to_json(const std::vector<Gated>& all) {
  auto labs = nlohmann::ordered_json::array();
  for (const Gated& g : all) {
    auto wrong = nlohmann::ordered_json::array();
    for (const Wrong& w : g.wrong) {
      wrong.push_back({{"name", w.name}, {"rejected", w.rejected}, {"message_ok", w.message_ok}});
    }
    labs.push_back({{"id", g.lab},
                    {"starter_fails", g.starter_builds && g.starter_fails},
                    {"solution_passed", g.solution_passed},
                    {"solution_runs", g.solution_runs},
                    {"flakes", g.flakes()},
                    {"wrong", std::move(wrong)}});
  }
  return {{"schema", "weft.gate/1"}, {"labs", std::move(labs)}};
}

std::string matrix(const std::vector<Gated>& all, const std::vector<Exercise>& exercises) {
  std::ostringstream out;
  out << "# Which check stops which mistake\n\n"
         "Made by `./weft teach gate --docs docs/kill-matrix.md`. A row is a wrong solution of the "
         "lab's own, a column a\n"
         "check; ✗: it fails there, **✗**: first, with the message that the row names. Each has to "
         "be stopped, for its own\n"
         "reason. The solution runs once under every schedule that the lab asks for, then under "
         "schedules drawn from seeds.\n";
  for (const Gated& g : all) {
    const auto e = std::ranges::find(exercises, g.lab, &Exercise::name);
    out << "\n## " << g.lab << "\n\nThe solution passed " << g.solution_passed << " of "
        << g.solution_runs << " runs; flakes: " << g.flakes() << ".\n\n| wrong solution |";
    for (const auto& c : e->checks) out << " " << c.id << " |";
    out << " message |\n|---|";
    for (std::size_t i = 0; i < e->checks.size(); ++i) out << "---|";
    out << "---|\n";
    for (const Wrong& w : g.wrong) {
      out << "| " << w.name << " |";
      bool first = true;
      for (const auto& id : w.got) {
        const bool fails = !id.empty();
        out << (fails ? first ? " **✗** |" : " ✗ |" : "  |");
        if (fails) first = false;
      }
      out << " `" << w.expected << "` |\n";
    }
  }
  return out.str();
}

}  // namespace weft::labs::teach
