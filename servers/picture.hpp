// SPDX-License-Identifier: BSL-1.0
// What SIGQUIT shows of a server without fibers: each of its kernel threads with the call it sits
// in, then each connection with its state. A runtime of fibers shows its own (lwp/dump.hpp).
#pragma once

#include <string_view>

#include "servers/model.hpp"

namespace weft::servers {

struct Picture {
  std::string_view model;
  std::uint16_t port = 0;
  int thread = 0;  ///< the one that serves; 0 if none has begun to
  ModelView view;
};

/// Writes it to `fd`. From any thread, even while the server is stuck: no allocation, no lock. The
/// picture is not one instant.
void show(const Picture& picture, int fd);

}  // namespace weft::servers
