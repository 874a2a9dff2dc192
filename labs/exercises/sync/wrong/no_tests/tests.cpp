// SPDX-License-Identifier: BSL-1.0
// expect: sync.survivors
// There are none.
#include "sync.hpp"

namespace lab {

const Test tests[kTests] = {};

}  // namespace lab
