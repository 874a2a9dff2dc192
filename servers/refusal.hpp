// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "lwp/exit.hpp"

namespace weft::servers {

/// Why something cannot be done as it was asked, for a person.
struct Refusal {
  std::string message;  ///< what and why, and what to type instead
  int exit_code = lwp::kWrongUse;
};

}  // namespace weft::servers
