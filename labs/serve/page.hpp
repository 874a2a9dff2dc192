// SPDX-License-Identifier: BSL-1.0
// `weft serve --dashboard`.
#pragma once

#include "labs/serve/flags.hpp"
#include "labs/terminal.hpp"

namespace CLI {
class App;
}

namespace weft::labs {

/// The server in a process of its own, and a page that follows it and has it started anew. `sub`
/// is what was typed. The exit code.
int serve_on_page(const ServeFlags& flags, const CLI::App& sub, const Terminal& terminal);

}  // namespace weft::labs
