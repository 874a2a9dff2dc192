// SPDX-License-Identifier: BSL-1.0
// What the program's exit status means, the same for every command.
#pragma once

#include "lwp/exit.hpp"

namespace weft::labs {

using lwp::kDeadlock;
using lwp::kDone;
using lwp::kInterrupted;
using lwp::kMachineLacks;
using lwp::kNo;
using lwp::kWrongUse;

}  // namespace weft::labs
