// SPDX-License-Identifier: BSL-1.0
// Compiles a file with one policy into a library. It sees weft's headers of lwp/ and the standard
// library, nothing else. The result is kept under .build/policies by the content of all that went
// into it, so the same file compiles once.
#pragma once

#include <string>

#include "labs/catalogue.hpp"

namespace weft::labs {

/// What became of a policy file.
struct PolicyVerdict {
  int exit_code = 0;  ///< of labs/exit.hpp; 0: it may be used
  std::string text;   ///< for a person, several lines; "" if it may be used
};

struct CompiledPolicy {
  std::string library;  ///< its path, "" if there is none
  PolicyVerdict verdict;
};
CompiledPolicy compile_policy(const std::string& file, const Say& say);

}  // namespace weft::labs
