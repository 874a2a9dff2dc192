// SPDX-License-Identifier: BSL-1.0
// The dispatcher-worker model with --workers 0: a fiber for each connection.
#pragma once

#include "servers/model.hpp"

namespace weft::servers {

std::unique_ptr<ServerModel> make_fiber_per_connection(ServerSetup&& setup);

}  // namespace weft::servers
