// SPDX-License-Identifier: BSL-1.0
// What is said about an outcome that a lab has no words of its own for.
#pragma once

#include <string>
#include <string_view>

#include "labs/catalogue.hpp"

namespace weft::labs::lab {

struct Generic {
  std::string broken, rule, next;
};
/// `outcome`: "deadlock", "crash", … (the id without "lab.").
Generic generic(std::string_view outcome, const Say& say);

}  // namespace weft::labs::lab
