// SPDX-License-Identifier: BSL-1.0
// What compiling a student's file needs: where weft's sources lie, a compiler, and a hash that says
// what a library was made from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::labs {

inline constexpr long long kCompilerPatience = 120'000'000'000;  // ns

/// A file's bytes, or nothing.
std::optional<std::string> contents(const std::filesystem::path& path);

/// Above the program (.build/release/bin/weft), or above where we are; empty if nowhere.
std::filesystem::path source_root();

struct Compiler {
  std::string program, version;
};
/// The first that is there and says its version: CXX, g++, g++-20 … g++-12, clang++.
std::optional<Compiler> find_compiler();

/// FNV-1a, 64 bits (Fowler, Noll, Vo). For the name of a file that is made anew at worst.
class Hash {
 public:
  void add(std::string_view text);
  void add_files(const std::vector<std::filesystem::path>& files);
  std::string hex() const;

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

/// The C++ files of some folders, sorted.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& root,
                                            const std::vector<std::string>& folders,
                                            bool headers_only);

}  // namespace weft::labs
