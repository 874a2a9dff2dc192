// SPDX-License-Identifier: BSL-1.0
#include "lwp/sim/races.hpp"

#include <algorithm>

namespace weft::lwp::sim {
namespace {

constexpr std::size_t kWord = 8;  // bytes of memory that are looked up together

}  // namespace

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
  watched_.erase(reinterpret_cast<std::uintptr_t>(object));
  released_.erase(object);
}

void Races::forget(const void* begin, std::size_t bytes) {
  const auto first = reinterpret_cast<std::uintptr_t>(begin) / kWord * kWord;
  const auto end = reinterpret_cast<std::uintptr_t>(begin) + bytes;
  if (bytes / kWord > memory_.size()) {
    std::erase_if(memory_, [&](const auto& v) { return v.first >= first && v.first < end; });
  } else {
    for (auto at = first; at < end; at += kWord) memory_.erase(at);
  }
}

std::optional<Races::Earlier> Races::access(int actor, const void* object, Access access,
                                            std::uint64_t step) {
  return this->access(watched_[reinterpret_cast<std::uintptr_t>(object)], object, actor, 0xff,
                      access, step);
}

std::optional<Races::Earlier> Races::touch(int actor, const void* at, std::size_t bytes,
                                           Access access, std::uint64_t step) {
  const auto* byte = static_cast<const std::byte*>(at);
  for (const auto* end = byte + bytes; byte < end;) {  // word by word
    const auto address = reinterpret_cast<std::uintptr_t>(byte);
    const std::size_t n = std::min(kWord - address % kWord, static_cast<std::size_t>(end - byte));
    const auto mask = static_cast<Mask>(((1u << n) - 1) << address % kWord);
    Variable& word = memory_[address / kWord * kWord];
    if (auto earlier = this->access(word, byte, actor, mask, access, step)) return earlier;
    byte += n;
  }
  return std::nullopt;
}

std::optional<Races::Earlier> Races::access(Variable& v, const void* object, int actor, Mask bytes,
                                            Access access, std::uint64_t step) {
  const Last now{actor, bytes, at(actors_[index(actor)].clock, actor), step};
  const auto races = [&](const Last& last) {
    return (last.bytes & bytes) != 0 && !before(last, actor);
  };
  if (auto found = std::ranges::find_if(v.writes, races); found != v.writes.end())
    return Earlier{object, found->actor, found->step, Access::write};
  // Of the same bytes, and ordered before: whoever is ordered behind this access is behind it, too.
  const auto covered = [&](const Last& last) { return (last.bytes & ~bytes) == 0; };
  if (access == Access::read) {
    std::erase_if(v.reads, [&](const Last& last) { return last.actor == actor && covered(last); });
    v.reads.push_back(now);
    return std::nullopt;
  }
  if (auto found = std::ranges::find_if(v.reads, races); found != v.reads.end())
    return Earlier{object, found->actor, found->step, Access::read};
  std::erase_if(v.writes, covered);
  std::erase_if(v.reads, covered);
  v.writes.push_back(now);
  return std::nullopt;
}

}  // namespace weft::lwp::sim
