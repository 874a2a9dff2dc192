// SPDX-License-Identifier: BSL-1.0
// Compiles a student's one file into a library. It sees weft's headers and the standard library,
// nothing else. The result is kept under .build/compiled by the content of all that went into it,
// so the same file compiles once.
#pragma once

#include <string>
#include <vector>

#include "labs/catalogue.hpp"

namespace weft::labs {

/// What a file is, and so what it is compiled with.
struct FileKind {
  std::vector<std::string> flags;       ///< of the compiler
  std::vector<std::string> link_flags;  ///< of the linker, behind -shared
  std::vector<std::string> folders;     ///< whose headers it may include
  std::string example;                  ///< one to begin with
};
FileKind policy_file();
/// A policy or a program for the simulated world (`weft explore`).
FileKind simulated_file();

struct Compiled {
  std::string library;  ///< its path, "" if there is none
  std::string source;   ///< a hash of the file and of weft's sources, the same on every machine
  int exit_code = 0;    ///< of labs/exit.hpp
  std::string text;     ///< for a person, several lines; "" if it compiled
};
Compiled compile_file(const std::string& file, const FileKind& kind, const Say& say);

/// What a command says and how it ends.
struct Output {
  bool started = false;
  int code = -1;
  std::string text;
};
/// Runs a command to its end; reads its output and its errors.
Output run_command(std::vector<std::string> command, long long patience_ns);

}  // namespace weft::labs
