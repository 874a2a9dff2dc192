// SPDX-License-Identifier: BSL-1.0
// A part of the seam for those who pass addresses on: see lwp/os.hpp for the rest.
#pragma once

#include <string>

#include "lwp/result.hpp"

namespace weft::lwp::os {

/// "127.0.0.1" and "::1" are addresses, a name is none.
bool is_address(const std::string& host);
/// The host of a socket's own address.
Result<std::string> local_host(int fd);
/// The address by which this machine reaches that host. Sends nothing.
Result<std::string> host_towards(const std::string& host);

}  // namespace weft::lwp::os
