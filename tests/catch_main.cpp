// SPDX-License-Identifier: BSL-1.0
#ifndef WEFT_CATCH3
#define CATCH_CONFIG_MAIN
#include "tests/catch.hpp"
#endif
