// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace CLI {
class App;
}

namespace weft::labs {

/// Gives `sub` the options and the action of `weft serve`; the action sets `exit_code`.
void serve_command(CLI::App& sub, int& exit_code);

}  // namespace weft::labs
