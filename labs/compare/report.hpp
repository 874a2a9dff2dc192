// SPDX-License-Identifier: BSL-1.0
// The comparison as one self-contained page: no script, no font, no picture from elsewhere; light
// and dark as the reader's system has it; prints on one or two sheets. For a laboratory notebook.
#pragma once

#include <string>

#include "labs/catalogue.hpp"
#include "labs/compare/result.hpp"

namespace weft::labs::compare {

std::string to_html(const Comparison& comparison, Say say);

}  // namespace weft::labs::compare
