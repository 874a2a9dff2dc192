// SPDX-License-Identifier: BSL-1.0
#include "labs/commands.hpp"

#include <cstdio>

#include "labs/columns.hpp"

namespace weft::labs {

int refuse(const Terminal& terminal, std::string_view command, const Refusal& why) {
  std::string text = wrap("weft " + std::string(command) + ": " + why.message, 80, 2);
  std::fprintf(stderr, "%s\n", terminal.shown(text).c_str());
  return why.exit_code;
}

}  // namespace weft::labs
