// SPDX-License-Identifier: BSL-1.0
#include "labs/compile.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "labs/exit.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;

constexpr os::Nanos kPatience = 120 * os::kSecond;
constexpr std::size_t kMostErrorLines = 40;

std::optional<std::string> contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Where weft's sources lie: above the program (.build/release/bin/weft), or above where we are.
fs::path source_root() {
  std::error_code none;
  for (fs::path from : {fs::path(os::own_program()).parent_path(), fs::current_path(none)}) {
    for (; from.has_relative_path(); from = from.parent_path()) {
      if (fs::exists(from / "lwp/policy.hpp", none)) return from;
    }
  }
  return {};
}

// The first that is there and says its version.
struct Compiler {
  std::string program, version;
};
std::optional<Compiler> find_compiler() {
  std::vector<std::string> candidates;
  if (const char* asked = std::getenv("CXX"); asked != nullptr && *asked != '\0') {
    candidates.emplace_back(asked);
  }
  candidates.emplace_back("g++");
  for (int v = 20; v >= 12; --v) candidates.push_back("g++-" + std::to_string(v));
  candidates.emplace_back("clang++");
  for (const auto& c : candidates) {
    Output says = run_command({c, "--version"}, kPatience);
    if (says.started && says.code == 0) return Compiler{c, says.text};
  }
  return std::nullopt;
}

// FNV-1a, 64 bits (Fowler, Noll, Vo). For the name of a file that is made anew at worst.
class Hash {
 public:
  void add(std::string_view text) {
    for (char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    value_ = (value_ ^ 0xff) * 0x100000001b3;
  }
  std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value_));
    return text;
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

std::vector<fs::path> files_in(const fs::path& root, const std::vector<std::string>& folders,
                               bool headers_only) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& folder : folders) {
    for (const auto& entry : fs::directory_iterator(root / folder, none)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".hpp" || (!headers_only && extension == ".cpp")) {
        files.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(files);
  return files;
}

// A file and those of the student's own that it includes.
void add_source(Hash& hash, const fs::path& file, std::vector<fs::path>& seen) {
  std::error_code none;
  const fs::path path = fs::weakly_canonical(file, none);
  if (std::ranges::find(seen, path) != seen.end()) return;
  seen.push_back(path);
  const std::string text = contents(path).value_or("");
  hash.add(text);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find_first_not_of(" \t");
    if (at == line.npos || line[at] != '#' || line.find("include") == line.npos) continue;
    const auto begin = line.find('"'), end = line.find('"', begin + 1);
    if (begin == line.npos || end == line.npos) continue;
    const fs::path other = path.parent_path() / line.substr(begin + 1, end - begin - 1);
    if (fs::exists(other, none)) add_source(hash, other, seen);
  }
}

void add_files(Hash& hash, const std::vector<fs::path>& files) {
  for (const auto& f : files) hash.add(contents(f).value_or(""));
}

std::string first_lines(const std::string& text) {
  std::size_t at = 0;
  for (std::size_t n = 0; n < kMostErrorLines && at < text.size(); ++n) {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  }
  return text.substr(0, at) + (at < text.size() ? "…\n" : "");
}

}  // namespace

Output run_command(std::vector<std::string> command, long long patience_ns) {
  command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh"});
  Output out;
  auto process = os::spawn_process(command);
  if (!process) return out;
  os::Nanos deadline = os::now() + patience_ns;
  std::array<std::byte, 4096> bytes;
  while (os::wait_ready(process->out(), os::kReadable, deadline)) {
    auto got = os::read(process->out(), bytes);
    if (!got || *got == 0) break;
    out.text.append(reinterpret_cast<const char*>(bytes.data()), *got);
  }
  auto exit = process->wait(deadline);
  out.code = exit ? exit->code : -1;
  out.started = out.code != 127;  // what a shell says when there is no such program
  return out;
}

FileKind policy_file() {
  return {{"-std=c++20", "-O2", "-g", "-fPIC", "-shared", "-Wall", "-Wextra", "-fvisibility=hidden",
           "-Wl,--no-undefined"},
          {"lwp", "lwp/policies"},
          "labs/policy/examples/fifo.cpp"};
}

// Without optimization: each step is to be on the line that it was written on. DWARF 4: addr2line
// confuses the files of 5.
FileKind simulated_file() {
  return {{"-std=c++20", "-O0", "-gdwarf-4", "-fPIC", "-shared", "-Wall", "-Wextra", "-DWEFT_SIM"},
          {"lwp", "lwp/policies", "lwp/sim", "fibers"},
          "labs/explore/examples/wait_with_if.cpp"};
}

Compiled compile_file(const std::string& file, const FileKind& kind, const Say& say) {
  auto fails = [](int code, std::string text) { return Compiled{"", "", code, text}; };
  auto source = contents(file);
  if (!source) {
    return fails(kWrongUse, say("compile.not_found", {{"file", file}, {"example", kind.example}}));
  }
  const fs::path root = source_root();
  if (root.empty()) return fails(kMachineLacks, say("compile.no_headers"));
  auto compiler = find_compiler();
  if (!compiler) return fails(kMachineLacks, say("compile.no_compiler"));

  Hash made_from, said;
  std::vector<fs::path> seen;
  add_source(said, file, seen);
  made_from.add(said.hex());
  made_from.add(seen.front().string());  // debug information names it
  made_from.add(compiler->program + compiler->version);
  for (const auto& f : kind.flags) made_from.add(f);
  add_files(made_from, files_in(root, kind.folders, true));
  add_files(said, files_in(root, kind.folders, false));

  const fs::path folder = root / ".build/compiled";
  const fs::path library = folder / (made_from.hex() + ".so");
  std::error_code error;
  if (fs::exists(library, error)) return {library, said.hex(), kDone, ""};
  fs::create_directories(folder, error);

  // Renamed when it is whole: two may compile the same file at once.
  const fs::path made = library.string() + "." + std::to_string(os::thread_id());
  std::vector<std::string> command{compiler->program};
  command.insert(command.end(), kind.flags.begin(), kind.flags.end());
  command.insert(command.end(), {"-I", root.string(), "-o", made.string(), file});
  Output output = run_command(std::move(command), kPatience);
  if (output.code != 0) {
    fs::remove(made, error);
    return fails(kWrongUse, say("compile.does_not_compile", {{"file", file}}) + "\n" +
                                first_lines(output.text));
  }
  fs::rename(made, library, error);
  if (error) return fails(kMachineLacks, say("compile.cannot_keep", {{"folder", folder.string()}}));
  return {library, said.hex(), kDone, ""};
}

}  // namespace weft::labs
