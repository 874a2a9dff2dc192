// SPDX-License-Identifier: BSL-1.0
// Lanes while a model is made of a recording: what each fiber and LWP is known to do so far.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "labs/trace/model.hpp"

namespace weft::labs::trace {

// A lane that grows: its last slice is open, and has no end yet.
class Track {
 public:
  std::vector<Slice> slices;

  bool began() const { return !slices.empty(); }
  State state() const { return slices.empty() ? State::none : slices.back().state; }
  Slice& now() { return slices.back(); }

  void set(Nanos at, const Slice& next) {
    if (!slices.empty()) {
      Slice& last = slices.back();
      at = std::max(at, last.begin);
      last.end = at;
      if (last.begin == at) {
        slices.back() = next;
        slices.back().begin = at;
        return;
      }
    }
    slices.push_back(next);
    slices.back().begin = at;
  }

  // The last blocked slice had ended at `at` already, and was `really` something else from then on.
  void ended_blocked(Nanos at, State really) {
    std::size_t i = slices.size();
    while (i > 0 && slices[i - 1].state != State::blocked) {
      if (--i + kLookBack < slices.size()) return;
    }
    if (i == 0) return;
    Slice& s = slices[i - 1];
    const bool open = i == slices.size();
    at = std::max(at, s.begin);
    if (!open && at >= s.end) return;
    Slice rest = s;
    rest.begin = at;
    rest.state = really;
    rest.known = Known::no;
    rest.what = 0;
    s.end = at;
    slices.insert(slices.begin() + static_cast<std::ptrdiff_t>(i), rest);
  }

 private:
  static constexpr std::size_t kLookBack = 8;
};

struct FiberTrack : Track {
  std::uint64_t number = 0;
  std::uint32_t runtime = 0, parent = kNobody;
  std::string name, origin;
  bool ended = false;
  bool told = false;                // it will not wait, or not for long
  std::uint32_t teller = kNobody;   // by whom
  std::vector<std::uint32_t> held;  // objects
  std::vector<std::size_t> spans;   // open ones of no flow
};

struct LwpTrack : Track {
  std::uint64_t number = 0;
  std::uint32_t runtime = 0;
  std::uint32_t fiber = kNobody;  // on it
  bool permit = true;
  std::size_t call = kNoCall;  // open, in Model::calls
  std::uint64_t ran = 0, waited = 0;
  Nanos looked = 0;
  static constexpr std::size_t kNoCall = ~std::size_t{0};
};

}  // namespace weft::labs::trace
