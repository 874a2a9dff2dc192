// SPDX-License-Identifier: BSL-1.0
// Data races in the simulated world: two accesses to a weft::var, one of them a write, that nothing
// orders. By vector clocks (Mattern, "Virtual Time and Global States of Distributed Systems",
// 1989; the epochs are those of FastTrack, Flanagan and Freund, 2009).
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

  /// The step of an earlier access that this one races with; nothing if it does with none.
  std::optional<std::uint64_t> access(int actor, const void* object, Access access,
                                      std::uint64_t step);

 private:
  using Clock = std::vector<std::uint32_t>;  // by actor
  struct Actor {
    Clock clock;
    int hidden = 0;
  };
  struct Last {
    int actor = -1;
    std::uint32_t when = 0;
    std::uint64_t step = 0;
  };
  struct Variable {
    Last write;
    std::vector<Last> reads;  // since then, the last of each actor
  };

  static std::size_t index(int actor) { return static_cast<std::size_t>(actor); }
  static std::uint32_t at(const Clock& clock, int actor) {
    return index(actor) < clock.size() ? clock[index(actor)] : 0;
  }
  static void raise(Clock& clock, const Clock& to);
  bool before(const Last& last, int actor) const {
    return last.actor < 0 || last.when <= at(actors_[index(actor)].clock, last.actor);
  }

  std::vector<Actor> actors_;
  std::unordered_map<const void*, Clock> released_;
  std::unordered_map<const void*, Variable> variables_;
};

}  // namespace weft::lwp::sim
