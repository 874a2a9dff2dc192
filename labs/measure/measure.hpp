// SPDX-License-Identifier: BSL-1.0
// What one blocking call, or one long computation, does to the other fibers of its process: a
// ticker fiber, which yields in a loop, beside a fiber that makes the call, under each mapping and
// strategy.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fibers/runtime.hpp"
#include "labs/catalogue.hpp"
#include "labs/measure/operation.hpp"

namespace weft::labs::measure {

struct Row {
  MessageId label;  ///< the mapping and strategy
  fibers::Config config;
  bool announced = false;  ///< the call is made through fibers::blocking()
};
/// many-to-one, many-to-many with two LWPs, with handoff, offload, one-to-one, Boost.Fiber; for a
/// computation with preemption, too.
std::vector<Row> rows(const OperationKind& operation);

struct Measured {
  lwp::os::Nanos call = 0;              ///< how long the call took
  lwp::os::Nanos gap = 0;               ///< the longest time between two turns of the ticker in it
  std::optional<lwp::Episode> episode;  ///< what the runtime recorded of it
  int lwps = 0;
  std::uint64_t preemptions = 0;
  /// The others waited for most of the call. Nothing if it was too short to tell, or if a scheduler
  /// of the kernel's was as much to blame: one that shares a CPU gives turns of some milliseconds.
  std::optional<bool> stood_still() const {
    if (call < lwp::os::kMillisecond || (3 * gap > call && 3 * gap < 2 * call)) return std::nullopt;
    return 2 * gap > call;
  }
};

/// Makes the call once. Throws std::runtime_error if the operation cannot be prepared.
Measured measure(const Row& row, const OperationKind& operation, lwp::os::Nanos length);

}  // namespace weft::labs::measure
