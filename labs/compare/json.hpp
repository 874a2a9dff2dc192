// SPDX-License-Identifier: BSL-1.0
// The comparison as JSON, schema weft.compare/1. Rates and times are in the book's units.
#pragma once

#include <string>

#include "labs/compare/result.hpp"

namespace weft::labs::compare {

std::string to_json(const Comparison& comparison);

}  // namespace weft::labs::compare
