// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace weft::fibers {

/// gdb's commands `weft fibers`, `weft bt` and `weft waits` (docs/debugging.md). Nothing reads it
/// but gdb, which finds it in every program that is linked with it.
extern const char gdb_script[];

}  // namespace weft::fibers
