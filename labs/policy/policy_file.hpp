// SPDX-License-Identifier: BSL-1.0
// `--policy ./mine.cpp`: from a student's one file to a policy that the runtime knows by that name.
#pragma once

#include <string>
#include <string_view>

#include "labs/compile.hpp"

namespace weft::labs {

/// What became of a policy file.
struct PolicyVerdict {
  int exit_code = 0;  ///< of labs/exit.hpp; 0: it may be used
  std::string text;   ///< for a person, several lines; "" if it may be used
};

/// Whether the word after --policy means a file: it ends in .cpp.
bool is_policy_file(std::string_view word);

/// Compiles it (once), tries it against the rules in a process of its own, which it may crash or
/// hang as it likes, and adds it to lwp/policy_table.hpp under its path. 1: it breaks a rule, 2: it
/// does not compile, 3: no compiler. REQUIRES that no other thread exists.
PolicyVerdict use_policy_file(const std::string& file, const Say& say);
/// Likewise, of a `file` that is compiled already.
PolicyVerdict use_policy_library(const std::string& library, const std::string& file,
                                 const Say& say);

}  // namespace weft::labs
