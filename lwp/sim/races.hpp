// SPDX-License-Identifier: BSL-1.0
// Data races in the simulated world: two accesses to a weft::var or to plain memory, one of them a
// write, that nothing orders. By vector clocks (Mattern, "Virtual Time and Global States of
// Distributed Systems", 1989; the epochs are those of FastTrack, Flanagan and Freund, 2009).
//
// An *actor* is what has an order of its own: a fiber, or a kernel thread outside of fibers. Two
// fibers of one LWP are not ordered by it. What the runtime does in core orders nothing, but where
// it says so (lwp/sanitizer.hpp): the same words that ThreadSanitizer hears.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lwp/sim/point.hpp"

namespace weft::lwp::sim {

class Races {
 public:
  /// A new actor that begins after what `parent` has done; -1: after nothing.
  int begin(int parent);
  void hide(int actor, int change) { actors_[index(actor)].hidden += change; }
  bool hidden(int actor) const { return actors_[index(actor)].hidden > 0; }

  void acquire(int actor, const void* object);
  void release(int actor, const void* object);
  /// `later` goes on after all that `earlier` has done.
  void join(int later, int earlier);
  /// What was there is another object from here on.
  void forget(const void* object);
  /// Likewise of a piece of plain memory.
  void forget(const void* begin, std::size_t bytes);

  /// An access that a later one races with.
  struct Earlier {
    const void* object;  ///< what both touch, in that word of plain memory
    int actor;
    std::uint64_t step;
    Access access;
  };
  /// Of a variable that is watched: what it races with, or nothing.
  std::optional<Earlier> access(int actor, const void* object, Access access, std::uint64_t step);
  /// Of plain memory.
  std::optional<Earlier> touch(int actor, const void* at, std::size_t bytes, Access access,
                               std::uint64_t step);

 private:
  using Clock = std::vector<std::uint32_t>;  // by actor
  struct Actor {
    Clock clock;
    int hidden = 0;
  };
  using Mask = std::uint8_t;  // which of 8 bytes
  struct Last {
    int actor;
    Mask bytes;
    std::uint32_t when;
    std::uint64_t step;
  };
  struct Variable {
    std::vector<Last> writes;  // of bytes that nobody has written since
    std::vector<Last> reads;   // since then, the last of each actor
  };
  using Variables = std::unordered_map<std::uintptr_t, Variable>;

  static std::size_t index(int actor) { return static_cast<std::size_t>(actor); }
  static std::uint32_t at(const Clock& clock, int actor) {
    return index(actor) < clock.size() ? clock[index(actor)] : 0;
  }
  static void raise(Clock& clock, const Clock& to);
  bool before(const Last& last, int actor) const {
    return last.when <= at(actors_[index(actor)].clock, last.actor);
  }
  std::optional<Earlier> access(Variable& v, const void* object, int actor, Mask bytes,
                                Access access, std::uint64_t step);

  std::vector<Actor> actors_;
  std::unordered_map<const void*, Clock> released_;
  Variables watched_;
  Variables memory_;  // by the address of a word's first byte
};

}  // namespace weft::lwp::sim
