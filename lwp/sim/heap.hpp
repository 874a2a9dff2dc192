// SPDX-License-Identifier: BSL-1.0
// The memory that an explored program takes by operator new: so that its containers at namespace
// level begin each run as they were, and that what it forgets to give back is told.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weft::lwp::sim {

/// While one lives, a library is loaded: blocks that are taken belong to its variables. They are
/// never given back to the system, so that each run can have them again.
class Loading {
 public:
  Loading();
  ~Loading();
  Loading(const Loading&) = delete;
};
/// Those blocks.
std::vector<std::span<std::byte>> initial_blocks();

}  // namespace weft::lwp::sim
