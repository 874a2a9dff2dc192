// SPDX-License-Identifier: BSL-1.0
#include "labs/commands.hpp"

#include <cstdio>

#include "labs/columns.hpp"

namespace weft::labs {

int refuse(const Terminal& terminal, std::string_view command, const Refusal& why) {
  const std::string whole = "weft " + std::string(command) + ": " + why.message;
  // A compiler's words, or a row of calls, have lines of their own.
  const bool has_lines = whole.find('\n') < whole.size() - 1;
  const std::string text = has_lines ? whole : wrap(whole, 80, 2);
  std::fprintf(stderr, "%s\n", terminal.shown(text).c_str());
  return why.exit_code;
}

}  // namespace weft::labs
