// SPDX-License-Identifier: BSL-1.0
#include "labs/toolchain.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "labs/compile.hpp"
#include "lwp/os.hpp"

namespace weft::labs {

namespace fs = std::filesystem;
namespace os = lwp::os;

std::optional<std::string> contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

fs::path source_root() {
  std::error_code none;
  for (fs::path from : {fs::path(os::own_program()).parent_path(), fs::current_path(none)}) {
    for (; from.has_relative_path(); from = from.parent_path()) {
      if (fs::exists(from / "lwp/policy.hpp", none)) return from;
    }
  }
  return {};
}

std::optional<Compiler> find_compiler() {
  std::vector<std::string> candidates;
  if (const char* asked = std::getenv("CXX"); asked != nullptr && *asked != '\0') {
    candidates.emplace_back(asked);
  }
  candidates.emplace_back("g++");
  for (int v = 20; v >= 12; --v) candidates.push_back("g++-" + std::to_string(v));
  candidates.emplace_back("clang++");
  for (const auto& c : candidates) {
    Output says = run_command({c, "--version"}, kCompilerPatience);
    if (says.started && says.code == 0) return Compiler{c, says.text};
  }
  return std::nullopt;
}

void Hash::add(std::string_view text) {
  for (char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  value_ = (value_ ^ 0xff) * 0x100000001b3;
}

void Hash::add_files(const std::vector<fs::path>& files) {
  for (const auto& f : files) add(contents(f).value_or(""));
}

std::string Hash::hex() const {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value_));
  return text;
}

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

}  // namespace weft::labs
