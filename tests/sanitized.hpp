// SPDX-License-Identifier: BSL-1.0
// Whether this build has a sanitizer in it.
#pragma once

#include "lwp/sanitizer.hpp"

namespace weft::testing {

#ifdef WEFT_TSAN
inline constexpr bool kTsan = true;
#else
inline constexpr bool kTsan = false;
#endif
#ifdef WEFT_ASAN
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = kTsan;
#endif

}  // namespace weft::testing
