// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace weft::servers::file {

/// The media type of a file by its name's ending; application/octet-stream if unknown.
std::string_view media_type(std::string_view name);

}  // namespace weft::servers::file
