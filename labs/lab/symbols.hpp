// SPDX-License-Identifier: BSL-1.0
// What a student's object file may define and what it may call. A solution of a lab needs the lab's
// names, weft's, the containers and algorithms of the standard library, and memory; nobody has to
// open files, start processes or handle signals. So whoever would read the answer from a disk, or
// write his own result, is told before anything has run.
//
// This keeps honest people honest. Code in our process can still write to any of its memory:
// docs/labs.md says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::labs::lab {

/// A row of `nm`: "U", "T", "W", … and the name as the linker knows it.
struct Symbol {
  char type = 'U';
  std::string name;
};
/// A text with a name as the compiler knows it, which becomes as a person knows it.
std::string demangled(const std::string& text);
std::vector<Symbol> symbols_of(const std::string& object);

enum class Refused { no, defines, calls };
Refused refused(const Symbol& symbol);

}  // namespace weft::labs::lab
