// SPDX-License-Identifier: BSL-1.0
// Which places of the program touch something that several threads touch, and one of them writes.
// To let another thread go first matters only there: anywhere else it commutes with the step. So a
// search that chooses at these places alone sees all that a search of every point would, as long
// as it knows all of them; when it meets a new one it begins again.
#pragma once

#include <cstdint>
#include <source_location>
#include <unordered_map>
#include <vector>

#include "lwp/sim/point.hpp"

namespace weft::lwp::sim {

class Places {
 public:
  /// A place of the sources as a number.
  static std::uint64_t key(const std::source_location& at) {
    return reinterpret_cast<std::uintptr_t>(at.file_name()) * 1'000'003 + at.line() * 4'099ull +
           at.column();
  }

  /// True if the place is known to touch shared objects. `thread` is about to.
  bool visit(int thread, const void* object, Access access, std::uint64_t where) {
    Place& place = places_[where];
    Object& o = objects_[object];
    o.several |= o.thread >= 0 && o.thread != thread;
    o.thread = thread;
    o.written |= access == Access::write;
    if (!o.several || !o.written) {
      if (o.places.empty() || o.places.back() != &place) o.places.push_back(&place);
      return place.shared;
    }
    for (Place* earlier : o.places) share(*earlier);
    o.places.clear();
    share(place);
    return true;
  }
  /// The objects of one run are not those of the next.
  void forget_objects() { objects_.clear(); }
  /// How many places are known; it only grows.
  std::size_t shared() const { return shared_; }

 private:
  struct Place {
    bool shared = false;
  };
  struct Object {
    int thread = -1;
    bool several = false, written = false;
    std::vector<Place*> places;
  };
  void share(Place& place) {
    if (!place.shared) ++shared_;
    place.shared = true;
  }

  std::unordered_map<std::uint64_t, Place> places_;
  std::unordered_map<const void*, Object> objects_;
  std::size_t shared_ = 0;
};

}  // namespace weft::lwp::sim
