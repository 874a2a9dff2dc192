// SPDX-License-Identifier: BSL-1.0
// The slowest requests of a recording, and what each of them waited for.
#pragma once

#include "labs/trace/model.hpp"

namespace weft::labs::trace {

/// A request, and where its time went. Of one that is recorded at both ends, `whole` is the
/// client's, and before() what came before the server began it.
struct SlowRow {
  std::uint32_t whole = 0, served = 0;  ///< in Model::spans; the same if one end is recorded
  Nanos length = 0, before = 0;
  std::array<Nanos, kStates> in{};  ///< of its server's fiber, while it served
  std::size_t behind = kNoCall;     ///< in Model::calls: of others, that it waited for longest
  Nanos behind_for = 0;
  static constexpr std::size_t kNoCall = ~std::size_t{0};
};

/// The slowest first.
std::vector<SlowRow> slowest_requests(const Model& m, std::size_t most);

}  // namespace weft::labs::trace
