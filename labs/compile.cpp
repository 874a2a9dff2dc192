// SPDX-License-Identifier: BSL-1.0
#include "labs/compile.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "labs/exit.hpp"
#include "labs/toolchain.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;

constexpr std::size_t kMostErrorLines = 40;
constexpr std::size_t kMostOutput = 1 << 20;

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

std::string first_lines(const std::string& text) {
  std::size_t at = 0;
  for (std::size_t n = 0; n < kMostErrorLines && at < text.size(); ++n) {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  }
  return text.substr(0, at) + (at < text.size() ? "…\n" : "");
}

}  // namespace

Output run_command(std::vector<std::string> command, long long patience_ns) {
  command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$@\" 2>&1 </dev/null", "sh"});
  Output out;
  auto process = os::spawn_process(command);
  if (!process) return out;
  os::Nanos deadline = os::now() + patience_ns;
  std::array<std::byte, 4096> bytes;
  while (os::wait_ready(process->out(), os::kReadable, deadline)) {
    auto got = os::read(process->out(), bytes);
    if (!got || *got == 0) break;
    if (out.text.size() > kMostOutput) continue;  // read all the same, or it would wait for us
    out.text.append(reinterpret_cast<const char*>(bytes.data()), *got);
  }
  auto exit = process->wait(deadline);
  out.code = exit ? exit->code : -1;
  out.started = out.code != 127;  // what a shell says when there is no such program
  return out;
}

FileKind policy_file() {
  return {{"-std=c++20", "-O2", "-g", "-fPIC", "-Wall", "-Wextra", "-fvisibility=hidden"},
          {"-Wl,--no-undefined"},
          {"lwp", "lwp/policies"},
          "labs/policy/examples/fifo.cpp"};
}

// Without optimization: each step is to be on the line that it was written on. DWARF 4: addr2line
// confuses the files of 5. Instrumented: what hears of it is the simulated world
// (lwp/sim/plain.cpp), so the sanitizer's own library is not linked.
FileKind simulated_file() {
  return {{"-std=c++20", "-O0", "-gdwarf-4", "-fPIC", "-Wall", "-Wextra", "-DWEFT_SIM",
           "-fsanitize=thread"},
          {},
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
  for (const auto& f : kind.link_flags) made_from.add(f);
  made_from.add_files(files_in(root, kind.folders, true));
  said.add_files(files_in(root, kind.folders, false));

  const fs::path folder = root / ".build/compiled";
  const fs::path library = folder / (made_from.hex() + ".so");
  std::error_code error;
  if (fs::exists(library, error)) return {library, said.hex(), kDone, ""};
  fs::create_directories(folder, error);

  // Renamed when it is whole: two may compile the same file at once.
  const fs::path made = library.string() + "." + std::to_string(os::thread_id());
  const fs::path object = made.string() + ".o";
  std::vector<std::string> compile{compiler->program, "-c"};
  compile.insert(compile.end(), kind.flags.begin(), kind.flags.end());
  compile.insert(compile.end(), {"-I", root.string(), "-o", object.string(), file});
  std::vector<std::string> link{compiler->program, "-shared", "-o", made.string(), object.string()};
  link.insert(link.end(), kind.link_flags.begin(), kind.link_flags.end());
  Output output = run_command(std::move(compile), kCompilerPatience);
  if (output.code == 0) output = run_command(std::move(link), kCompilerPatience);
  fs::remove(object, error);
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
