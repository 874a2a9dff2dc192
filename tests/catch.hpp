// SPDX-License-Identifier: BSL-1.0
// One include for both versions of Catch2. Its assertions are not thread-safe: use them on the
// main thread only, and let fibers and other threads report through tests/collector.hpp.
#pragma once

#ifdef WEFT_CATCH3
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
