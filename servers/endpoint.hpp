// SPDX-License-Identifier: BSL-1.0
// An endpoint in text: where a server listens, "127.0.0.1:8080" or "[::1]:8080", and the name that
// it is known by.
#pragma once

#include <optional>
#include <string_view>

#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;

/// Nothing if it is none: the host is an address, never a name, the port is there and is not 0.
std::optional<os::Address> parse_endpoint(std::string_view text);
std::string text_of(const os::Address& endpoint);
/// Of 1 to 63 letters, digits, '.', '_' and '-'.
bool is_endpoint_name(std::string_view text);

}  // namespace weft::servers
