// SPDX-License-Identifier: BSL-1.0
// The comparison as one self-contained page: nothing in it is from elsewhere; light and dark as the
// reader's system has it. First two recordings, many-to-one and many-to-many on one time axis
// (labs/trace/page.hpp), then the figures, which print on one or two sheets. For a laboratory
// notebook.
#pragma once

#include <string>

#include "labs/catalogue.hpp"
#include "labs/compare/result.hpp"

namespace weft::labs::compare {

std::string to_html(const Comparison& comparison, Say say);

}  // namespace weft::labs::compare
