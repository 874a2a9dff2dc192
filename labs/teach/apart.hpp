// SPDX-License-Identifier: BSL-1.0
// The same work many times, each in a process of its own, several at once: what one of them does
// to its process is nobody else's affair.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

namespace weft::labs::teach {

/// What `work(0)` … `work(count - 1)` returned; null for one that ended without. `done` hears how
/// many are. REQUIRES that no other thread exists.
std::vector<nlohmann::ordered_json> each_apart(
    std::size_t count, int jobs, const std::function<nlohmann::ordered_json(std::size_t)>& work,
    const std::function<void(std::size_t)>& done);

/// A CPU each.
int default_jobs();

}  // namespace weft::labs::teach
