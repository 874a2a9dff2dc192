// SPDX-License-Identifier: BSL-1.0
// weft new: a policy or a program to begin with.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/lab/exercise.hpp"
#include "labs/new/templates.hpp"
#include "labs/output_file.hpp"
#include "labs/toolchain.hpp"

namespace weft::labs {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string what, name;
};

constexpr std::size_t kLongest = 40;

bool is_name(const std::string& name) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, good) &&
         !(name[0] >= '0' && name[0] <= '9') && name[0] != '-';
}

// "round-robin" becomes "RoundRobin".
std::string class_of(const std::string& name) {
  std::string out;
  bool upper = true;
  for (char c : name) {
    if (c == '-' || c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out.empty() ? "Policy1" : out == "Policy" || out == "Task" ? "My" + out : out;
}

std::string filled(std::string_view text, const std::string& name) {
  std::string out(text);
  for (const auto& [mark, by] :
       {std::pair<std::string, std::string>{"{name}", name}, {"{class}", class_of(name)}}) {
    for (auto at = out.find(mark); at != out.npos; at = out.find(mark, at + by.size())) {
      out.replace(at, mark.size(), by);
    }
  }
  return out;
}

constexpr std::string_view kLab = "exercise";  // the lab in labs/new that others begin as

// Message ids have the lab's name: "exercise.wrong-answer".
bool copy_lab(const fs::path& from, const fs::path& to, const std::string& name) {
  const std::string before = std::string(kLab) + ".", after = name + ".";
  std::error_code error;
  bool written = true;
  for (const auto& entry : fs::recursive_directory_iterator(from, error)) {
    const fs::path target = to / entry.path().lexically_relative(from);
    if (entry.is_directory()) continue;
    fs::create_directories(target.parent_path(), error);
    std::string text = contents(entry.path()).value_or("");
    for (auto at = text.find(before); at != text.npos; at = text.find(before, at + after.size())) {
      text.replace(at, before.size(), after);
    }
    written = written && write_output(target.string(), text);
  }
  return written && !error;
}

std::optional<Refusal> make(const Flags& f, const Say& say) {
  if (f.what != "policy" && f.what != "program" && f.what != "lab")
    return Refusal{say("new.kinds", {{"word", f.what}})};
  if (!is_name(f.name)) return Refusal{say("new.bad_name", {{"name", f.name}})};
  const fs::path target = f.what == "policy" ? fs::path(f.name + ".cpp")
                          : f.what == "lab"  ? lab::exercises() / f.name
                                             : fs::path(f.name);
  std::error_code error;
  if (fs::exists(fs::symlink_status(target, error)))
    return Refusal{say("new.exists", {{"path", target.string()}})};
  bool written;
  if (f.what == "policy") {
    written = write_output(target.string(), filled(templates::kPolicy, f.name));
  } else if (f.what == "lab") {
    written = copy_lab(source_root() / "labs/new" / kLab, target, f.name);
  } else {
    written = fs::create_directory(target, error) &&
              write_output((target / "main.cpp").string(), filled(templates::kProgram, f.name)) &&
              write_output((target / "CMakeLists.txt").string(),
                           filled(templates::kProgramCMake, f.name));
  }
  if (!written)
    return Refusal{say("usage.cannot_write", {{"path", target.string()}}), kMachineLacks};
  return std::nullopt;
}

}  // namespace

void new_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("KIND", f->what, say("new.help_kind"))->required();
  sub.add_option("NAME", f->name, say("new.help_name"))->required();
  sub.footer(say("new.footer"));
  sub.callback([=, &terminal, &exit_code] {
    if (auto why = make(*f, terminal.say)) {
      exit_code = refuse(terminal, "new", *why);
      return;
    }
    if (f->what == "lab") {
      const std::string where = (lab::exercises() / f->name).string();
      std::fputs(terminal
                     .shown(terminal.say("new.next_lab", {{"folder", where}}) +
                            "\n  ./weft teach gate " + f->name + "\n")
                     .c_str(),
                 stdout);
      return;
    }
    const bool policy = f->what == "policy";
    const std::string text = policy ? terminal.say("new.next_policy", {{"name", f->name}})
                                    : terminal.say("new.next_program", {{"name", f->name}});
    const std::string_view next = policy ? templates::kPolicyNext : templates::kProgramNext;
    std::fputs(terminal.shown(text + "\n" + filled(next, f->name)).c_str(), stdout);
  });
}

}  // namespace weft::labs
