// SPDX-License-Identifier: BSL-1.0
// Things that clients name by an id. It is a random number of 64 bits: nobody guesses another's,
// and none comes again, not even from a server that was started anew, where a stale id would else
// lead to something of somebody else. The links are in the things themselves, so nothing allocates.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "lwp/os/random.hpp"
#include "servers/file/ascii.hpp"

namespace weft::servers::file {

struct Identified {
  std::uint64_t id = 0;  ///< 0: it has none now
};

/// By their ids. Not thread-safe. `T` is Identified and has a `T* next` for the table.
template <class T>
class IdTable {
 public:
  void add(T& thing, std::uint64_t id) {
    thing.id = id;
    thing.next = chain(id);
    chain(id) = &thing;
  }
  T* find(std::uint64_t id) {
    T* at = chain(id);
    while (at != nullptr && at->id != id) at = at->next;
    return at;
  }
  void remove(T& thing) {
    T** at = &chain(thing.id);
    while (*at != &thing) at = &(*at)->next;
    *at = thing.next;
    thing.id = 0;
  }

 private:
  T*& chain(std::uint64_t id) { return chains_[id % chains_.size()]; }
  std::array<T*, 1024> chains_{};
};

/// Where ids come from; thread-safe, never 0.
using Ids = std::function<std::uint64_t()>;

inline std::uint64_t fresh_id() {
  while (true) {
    if (const auto id = lwp::os::random_number(); id != 0) return id;
  }
}

/// An id as it is written: sixteen hexadecimal digits.
class IdText {
 public:
  explicit IdText(std::uint64_t id) {
    for (auto at = text_.rbegin(); at != text_.rend(); ++at, id >>= 4)
      *at = "0123456789abcdef"[id & 15];
  }
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 16> text_{};
};

inline std::optional<std::uint64_t> parse_id(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  std::uint64_t id = 0;
  for (char c : text) {
    if (hex(c) < 0) return std::nullopt;
    id = id << 4 | static_cast<std::uint64_t>(hex(c));
  }
  return id;
}

}  // namespace weft::servers::file
