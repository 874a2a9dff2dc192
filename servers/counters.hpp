// SPDX-License-Identifier: BSL-1.0
// What a server has done since it began. Written by the threads that serve, read by anybody.
#pragma once

#include <cstdint>

#include "lwp/atomic.hpp"

namespace weft::servers {

/// A number that only grows; relaxed, pairs with nothing.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, lwp::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(lwp::memory_order_relaxed); }

 private:
  lwp::atomic<std::uint64_t> value_{0};
};

struct Counters {
  Counter requests;     ///< answered, or broken off
  Counter errors;       ///< of those, answered with 5xx or broken off by our fault
  Counter connections;  ///< accepted
  Counter closed;       ///< of those, no longer open
  Counter refused;      ///< turned away, a connection or a request: there were too many

  std::uint64_t open() const {
    const std::uint64_t ended = closed.get();  // first: it never overtakes the other
    return connections.get() - ended;
  }
};

}  // namespace weft::servers
