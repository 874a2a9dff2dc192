// SPDX-License-Identifier: BSL-1.0
// A folder as a page: what is in it, folders first, by name.
#pragma once

#include <string>

#include "servers/disk_work.hpp"

namespace weft::servers::file {

/// `folder` as in the URL, decoded: "" or ending with a slash. Sorts the listing.
std::string listing_page(std::string_view folder, FolderListing& listing);

}  // namespace weft::servers::file
