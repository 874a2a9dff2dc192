// SPDX-License-Identifier: BSL-1.0
// The dispatcher-worker model in its form `by-connection`, and with --workers 0.
#pragma once

#include "servers/model.hpp"

namespace weft::servers {

std::unique_ptr<ServerModel> make_by_connection(ServerSetup&& setup);

}  // namespace weft::servers
