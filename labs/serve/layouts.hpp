// SPDX-License-Identifier: BSL-1.0
// The processes around a server: none more, or those of its layout.
#pragma once

#include <functional>

#include "labs/serve/flags.hpp"
#include "labs/terminal.hpp"

namespace weft::labs {

/// Serves until told to end; the exit code. `say_listening` is told each address when it answers.
/// REQUIRES that no other thread exists.
int serve_in_layout(const ServeFlags& flags, const servers::ServerOptions& options,
                    const std::function<void(int port)>& say_listening);

/// Says on standard error why not; its exit code.
int refuse_serving(const servers::Refusal& why);

}  // namespace weft::labs
