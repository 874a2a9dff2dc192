// SPDX-License-Identifier: BSL-1.0
// Who touched which plain memory last, and from where: kept while a story is told, so that both
// accesses of a data race are in it. An access is no point of the world, and so no step by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "lwp/sim/races.hpp"
#include "lwp/sim/world.hpp"

namespace weft::lwp::sim {

class Touches {
 public:
  /// The actor is in a function that was called before `by`, and out of it.
  void enter(int actor, const void* by) { callers_[actor].push_back(by); }
  void leave(int actor) {
    auto& callers = callers_[actor];
    if (!callers.empty()) callers.pop_back();
  }
  /// The calls that led to an access by the instruction before `by`, the innermost first.
  std::vector<const void*> calls(int actor, const void* by, std::size_t most) {
    std::vector<const void*> out{before(by)};
    const auto& callers = callers_[actor];
    for (auto c = callers.rbegin(); c != callers.rend() && out.size() < most; ++c) {
      out.push_back(before(*c));
    }
    return out;
  }

  /// An access, as a step; `told` steps were told before it.
  struct Touch {
    Step step;
    std::uint64_t told;
  };
  void keep(const void* at, std::size_t bytes, int actor, Access access, const Touch& touch) {
    const std::uintptr_t end = word(static_cast<const std::byte*>(at) + bytes - 1);
    for (std::uintptr_t w = word(at); w <= end; ++w) last_[{w, actor, access}] = touch;
  }
  std::optional<Touch> find(const Races::Earlier& earlier) const {
    const auto found = last_.find({word(earlier.object), earlier.actor, earlier.access});
    if (found == last_.end()) return std::nullopt;
    return found->second;
  }

 private:
  static std::uintptr_t word(const void* at) { return reinterpret_cast<std::uintptr_t>(at) / 8; }
  static const void* before(const void* by) { return static_cast<const std::byte*>(by) - 1; }

  std::map<int, std::vector<const void*>> callers_;
  std::map<std::tuple<std::uintptr_t, int, Access>, Touch> last_;
};

}  // namespace weft::lwp::sim
