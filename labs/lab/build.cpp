// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/build.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "labs/columns.hpp"
#include "labs/compile.hpp"
#include "labs/lab/symbols.hpp"
#include "labs/sandbox.hpp"
#include "labs/toolchain.hpp"
#include "lwp/os.hpp"

namespace weft::labs::lab {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;

constexpr const char* kAssembly =
    "as"
    "m";  // and with bars around
constexpr Fence kCompiler{.cpu_seconds = 40, .wall_seconds = 90, .memory = 2LL << 30};

std::string hash_of(const std::string& text) {
  Hash hash;
  hash.add(text);
  return hash.hex();
}

bool is_header(const std::string& name) {
  return name.ends_with(".hpp") || name.ends_with(".h");
}

// A compiler's first error with the lines that explain it, without paths; one in the student's file
// before one in a header of weft, where a missing brace shows.
std::string first_error(const std::string& all) {
  std::string text = all;
  std::istringstream rows(all);
  for (std::string line, before; std::getline(rows, line); before += line + "\n") {
    if (line.find(": error:") == line.npos || line.starts_with('/')) continue;
    text = all.substr(before.size());
    break;
  }
  std::istringstream in(text);
  std::string out;
  int lines = 0;
  for (std::string line; std::getline(in, line) && lines < 4;) {
    if (line.starts_with('.')) continue;  // which headers were read: -H
    if (lines == 0 && line.find("error:") == line.npos) continue;
    if (lines > 0 && line.find("error:") != line.npos) break;
    for (auto at = line.find("/lab/"); at != line.npos; at = line.find("/lab/")) line.erase(at, 5);
    out += (lines++ > 0 ? "\n" : "") + line;
  }
  return printable(out.empty() ? "the compiler came to no end" : out);
}

// A C++ text without what is in its comments and quotes.
std::string only_code(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto until = [&](std::string_view end, std::size_t from) {
      const auto found = text.find(end, from);
      at = found == text.npos ? text.size() : found + end.size();
      out += ' ';
    };
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("//")) {
      until("\n", at);
    } else if (rest.starts_with("/*")) {
      until("*/", at + 2);
    } else if (rest.starts_with("R\"")) {
      const auto open = text.find('(', at);
      const std::string_view mark = open == text.npos ? "" : text.substr(at + 2, open - at - 2);
      until(")" + std::string(mark) + "\"", at + 2);
    } else if (rest.front() == '"' || rest.front() == '\'') {
      const char quote = rest.front();
      for (++at; at < text.size() && text[at] != quote && text[at] != '\n'; ++at) {
        if (text[at] == '\\') ++at;
      }
      at = std::min(at + 1, text.size());
      out += ' ';
    } else {
      out += text[at++];
    }
  }
  return out;
}

bool has_assembly(const std::string& text) {
  std::string word;
  for (const char c : only_code(text) + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      word += c;
      continue;
    }
    std::erase(word, '_');
    if (word == kAssembly) return true;
    word.clear();
  }
  return false;
}

// What the student's file includes itself, of weft's: the lines of -H with one dot, and with two
// what a header of the student's own includes.
std::vector<std::string> own_includes(const std::string& tree, const fs::path& root,
                                      const fs::path& theirs) {
  std::vector<std::string> out;
  std::istringstream lines(tree);
  bool in_theirs = false;
  for (std::string line; std::getline(lines, line);) {
    const auto depth = line.find(' ');
    if (depth == line.npos || depth == 0 || line.find_first_not_of('.') != depth) continue;
    std::error_code none;
    const fs::path path = fs::weakly_canonical(line.substr(depth + 1), none);
    const std::string from_theirs = path.lexically_relative(theirs);
    const bool is_theirs = !from_theirs.starts_with("..");
    if (depth == 1) in_theirs = is_theirs;
    if (is_theirs || (depth > 1 && !in_theirs)) continue;
    const std::string from_root = path.lexically_relative(root);
    if (!from_root.starts_with("..")) {
      out.push_back(from_root);
    } else if (!path.string().starts_with("/usr/")) {
      out.push_back(path);  // neither ours nor the system's
    }
  }
  return out;
}

// The lab's own headers, and those that it names.
bool is_given(const std::string& path, const Exercise& exercise) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code none;
  return fs::equivalent(source_root() / folder, exercise.folder, none) ||
         std::ranges::count(exercise.include, path) > 0;
}

}  // namespace

std::string shown_path(const std::string& file) {
  return "/lab/" + file;
}

Builder::Builder(const Exercise& exercise) : exercise_(exercise), root_(source_root()) {
  cache_ = root_ / ".build/compiled";
  std::error_code none;
  fs::create_directories(cache_, none);
  work_ = cache_ / ("lab-" + std::to_string(os::thread_id()) + "-" +
                    std::to_string(reinterpret_cast<std::uintptr_t>(this)));
  fs::create_directories(work_, none);
  const auto compiler = find_compiler();
  if (!compiler) return;
  compiler_ = compiler->program;
  Hash basis;
  basis.add(compiler->program + compiler->version);
  const FileKind kind = simulated_file();
  for (const auto& flag : kind.flags) basis.add(flag);
  basis.add_files(files_in(root_, kind.folders, true));
  basis.add_files(files_in(exercise.folder, {".", "checks"}, true));
  basis_ = basis.hex();
}

Builder::~Builder() {
  std::error_code none;
  fs::remove_all(work_, none);
}

std::vector<std::string> Builder::flags() const {
  return (world_ == World::real ? policy_file() : simulated_file()).flags;
}

Built Builder::build(const std::string& own, const Files& theirs, World world) {
  world_ = world;
  if (compiler_.empty()) return {"", "", "grader", "no C++ compiler"};
  std::vector<Object> objects;
  Hash said, made;
  if (!own.empty()) objects.push_back(compile(exercise_.folder / own, own, true));
  headers_.clear();
  for (const auto& [name, content] : theirs) {
    std::ofstream(work_ / name, std::ios::binary) << content;
    said.add(name + "\n" + content);
    if (has_assembly(content)) return {"", said.hex(), "calls", "assembly (" + name + ")"};
    if (is_header(name)) headers_ += name + "\n" + content;
  }
  for (const auto& [name, content] : theirs) {
    if (!is_header(name)) objects.push_back(compile(work_ / name, name, false));
  }
  said.add(contents(exercise_.folder / own).value_or(""));
  std::vector<std::string> command = {compiler_, "-shared", "-o", ""};
  for (const Object& o : objects) {
    if (!o.problem.failed.empty()) return o.problem;
    made.add(o.hash);
    command.push_back(o.path);
  }
  const std::string library = cache_ / (made.hex() + ".so");
  std::error_code none;
  if (fs::exists(library, none)) return {library, said.hex(), "", ""};
  const std::string fresh = work_ / "made.so";
  command[3] = fresh;
  const Output output = run_command(fenced(command, kCompiler), kCompilerPatience);
  if (output.code != 0) return {"", "", "does_not_link", first_error(output.text)};
  fs::rename(fresh, library, none);
  return {library, said.hex(), "", ""};
}

Builder::Object Builder::compile(const fs::path& source, const std::string& shown, bool trusted) {
  const std::string content = contents(source).value_or("");
  const std::string hash =
      hash_of(basis_ + (world_ == World::real ? "real" : "") + exercise_.name + "/" + shown + "\n" +
              content + (trusted ? "own" : "theirs\n" + headers_));
  if (auto known = objects_.find(hash); known != objects_.end()) return known->second;
  const std::string kept = cache_ / (hash + ".o");
  std::error_code none;
  Object object{kept, hash, {}};
  if (trusted && fs::exists(kept, none)) return objects_[hash] = object;

  const std::string made = work_ / (hash + ".o");
  std::vector<std::string> command = {compiler_, "-c", "-H", "-fmax-errors=5",
                                      "-fdiagnostics-color=never"};
  for (auto& flag : flags()) {
    // Of the student's memory the world is told, not of what the checks do to see.
    if (!trusted || flag != "-fsanitize=thread") command.push_back(std::move(flag));
  }
  const std::string folder = source.parent_path().string();
  const std::string to = fs::path(shown_path(shown)).parent_path().string();
  command.insert(command.end(),
                 {"-ffile-prefix-map=" + folder + "=" + to, "-I", exercise_.folder.string(), "-I",
                  root_.string(), "-o", made, source.string()});
  const Output output = run_command(fenced(command, kCompiler), kCompilerPatience);
  if (output.code != 0) {
    std::string text = output.text;
    for (auto at = text.find(folder + "/"); at != text.npos; at = text.find(folder + "/", at)) {
      text.erase(at, folder.size() + 1);
    }
    object.problem = {"", "", trusted ? "grader" : "does_not_compile", first_error(text)};
  } else if (!trusted) {
    object.problem = refused(made, output.text);
    object.path = made;
  } else {
    fs::rename(made, kept, none);
  }
  return objects_[hash] = object;
}

Built Builder::refused(const std::string& object, const std::string& tree) const {
  for (const auto& path : own_includes(tree, root_, work_)) {
    if (!is_given(path, exercise_)) return {"", "", "not_given", path};
  }
  for (const Symbol& s : symbols_of(object)) {
    switch (lab::refused(s)) {
      case Refused::no:
        break;
      case Refused::defines:
        return {"", "", "own_symbol", demangled(s.name)};
      case Refused::calls:
        return {"", "", "calls", demangled(s.name)};
    }
  }
  return {};
}

}  // namespace weft::labs::lab
