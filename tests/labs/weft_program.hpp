// SPDX-License-Identifier: BSL-1.0
// The built program, run as a person would.
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "lwp/os.hpp"
#include "tests/catch.hpp"

namespace weft::labs::testing {

namespace fs = std::filesystem;
namespace os = lwp::os;

struct Answer {
  int code = -1;
  std::string out;
};

inline Answer finish(os::Process& process, os::Nanos patience = 60 * os::kSecond) {
  Answer answer;
  os::Nanos deadline = os::now() + patience;
  std::array<std::byte, 4096> buffer;
  while (os::wait_ready(process.out(), os::kReadable, deadline)) {
    auto n = os::read(process.out(), buffer);
    if (!n || *n == 0) break;
    answer.out.append(reinterpret_cast<const char*>(buffer.data()), *n);
  }
  if (auto exit = process.wait(deadline)) answer.code = exit->code;
  return answer;
}

// Where the programs of this test put their scratch, so that others running beside it are not seen.
inline const fs::path& temporary() {
  static const struct Own {
    fs::path path = fs::temp_directory_path() / ("weft-scratch-" + std::to_string(os::thread_id()));
    Own() { fs::create_directories(path); }
    ~Own() { fs::remove_all(path); }
  } own;
  return own.path;
}

// With `all`, out() is what it says on standard error, too.
inline os::Process start(std::vector<std::string> arguments, bool all = false) {
  std::vector<std::string> program = {"/usr/bin/env", "TMPDIR=" + temporary().string()};
  if (all) program.insert(program.end(), {"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1"});
  program.push_back(WEFT_PROGRAM);
  arguments.insert(arguments.begin(), program.begin(), program.end());
  auto process = os::spawn_process(arguments);
  REQUIRE(process);
  return std::move(*process);
}
inline Answer run_weft(std::vector<std::string> arguments) {
  os::Process process = start(std::move(arguments));
  return finish(process);
}

inline Answer all_said_by_weft(std::vector<std::string> arguments) {
  os::Process process = start(std::move(arguments), true);
  return finish(process);
}

// A folder of the test's own, removed at its end.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("weft-test-" + std::to_string(os::thread_id()));
  Folder() {
    fs::remove_all(path);  // a test that crashed may have left one, and thread ids come again
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

inline std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace weft::labs::testing
