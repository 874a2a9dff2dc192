// SPDX-License-Identifier: BSL-1.0
#include "lwp/sim/races.hpp"

#include <algorithm>

namespace weft::lwp::sim {

void Races::raise(Clock& clock, const Clock& to) {
  if (clock.size() < to.size()) clock.resize(to.size());
  for (std::size_t i = 0; i < to.size(); ++i) clock[i] = std::max(clock[i], to[i]);
}

int Races::begin(int parent) {
  const int actor = static_cast<int>(actors_.size());
  actors_.emplace_back();
  Clock& clock = actors_.back().clock;
  if (parent >= 0) {
    clock = actors_[index(parent)].clock;
    ++actors_[index(parent)].clock[index(parent)];
  }
  clock.resize(index(actor) + 1);
  clock[index(actor)] = 1;
  return actor;
}

void Races::acquire(int actor, const void* object) {
  auto found = released_.find(object);
  if (found != released_.end()) raise(actors_[index(actor)].clock, found->second);
}

void Races::release(int actor, const void* object) {
  Clock& own = actors_[index(actor)].clock;
  raise(released_[object], own);
  ++own[index(actor)];
}

void Races::join(int later, int earlier) {
  raise(actors_[index(later)].clock, actors_[index(earlier)].clock);
}

void Races::forget(const void* object) {
  variables_.erase(object);
  released_.erase(object);
}

std::optional<std::uint64_t> Races::access(int actor, const void* object, Access access,
                                           std::uint64_t step) {
  Variable& v = variables_[object];
  const Last now{actor, at(actors_[index(actor)].clock, actor), step};
  if (!before(v.write, actor)) return v.write.step;
  if (access == Access::read) {
    auto own = std::ranges::find(v.reads, actor, &Last::actor);
    own == v.reads.end() ? v.reads.push_back(now) : void(*own = now);
    return std::nullopt;
  }
  for (const Last& read : v.reads) {
    if (!before(read, actor)) return read.step;
  }
  v.write = now;
  v.reads.clear();
  return std::nullopt;
}

}  // namespace weft::lwp::sim
