// SPDX-License-Identifier: BSL-1.0
// What stacks need besides their memory (os/memory.cpp).
#pragma once

#include <cstddef>

namespace weft::lwp::os {

/// A stack is about to be unmapped. Frames on it were left without unwinding: AddressSanitizer
/// would hold their ends against whatever is mapped there later. In other builds nothing.
void forget_frames(void* stack, std::size_t bytes);

}  // namespace weft::lwp::os
