// SPDX-License-Identifier: BSL-1.0
// Dates as HTTP writes them. We write one form and read the three that there have been (RFC 9110
// section 5.6.7).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "lwp/os.hpp"

namespace weft::servers::file {

namespace os = lwp::os;

/// "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate).
using HttpDate = std::array<char, 29>;
HttpDate http_date(os::Nanos wall);

/// "[06/Nov/1994:08:49:37 +0000] ", as the common log format writes it.
using LogDate = std::array<char, 29>;
LogDate log_date(os::Nanos wall);

/// Nothing if it is no date. `wall` tells which century a year of two digits means.
std::optional<os::Nanos> parse_http_date(std::string_view text, os::Nanos wall);

}  // namespace weft::servers::file
