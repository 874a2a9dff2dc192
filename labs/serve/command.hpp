// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "labs/terminal.hpp"

namespace CLI {
class App;
}

namespace weft::labs {

/// Gives `sub` the options and the action of `weft serve`; the action sets `exit_code`. `terminal`
/// must live as long as `sub`.
void serve_command(CLI::App& sub, const Terminal& terminal, int& exit_code);

}  // namespace weft::labs
