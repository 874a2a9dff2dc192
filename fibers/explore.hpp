// SPDX-License-Identifier: BSL-1.0
// What a program says so that `weft explore` can see more of it: which variables its fibers share,
// and what must hold. Elsewhere a var is its value, and a check that fails ends the process.
//
//   #include "fibers/explore.hpp"
//   #include "fibers/fiber.hpp"
//
//   void program() {  // the first fiber; `weft explore FILE` runs it under every schedule
//     weft::var<int> balance(0);
//     ...
//     weft::check(balance == 2, "no deposit is lost");
//   }
//
// What is seen are operations of weft, on atomics (weft's and std's) and on weft::var: between two
// of them others may go on. Of plain variables it is seen when two accesses race.
#pragma once

#include <utility>

#include "lwp/atomic.hpp"
#ifndef WEFT_SIM
#include "lwp/dump.hpp"
#define WEFT_UNWATCHED
#endif

namespace weft {

using lwp::atomic;

/// A plain variable that fibers share: two accesses that nothing orders, one of them a write, are a
/// data race. Explored, each access is a place where another may go on.
template <class T>
class var {
 public:
  var() : value_{} {}
  var(T value) : value_(std::move(value)) {}  // NOLINT: as a plain variable
  var(const var&) = delete;
  ~var() {
#ifdef WEFT_SIM
    lwp::sim::forget(this);
#endif
  }

  operator T() const {
    return get();
  }
  WEFT_UNWATCHED T get() const {
    seen(false);
    return value_;
  }
  WEFT_UNWATCHED var& operator=(T value) {
    seen(true);
    value_ = std::move(value);
    return *this;
  }
  var& operator=(const var& other) {
    return *this = other.get();
  }
  var& operator+=(const T& by) {
    return *this = get() + by;
  }
  var& operator-=(const T& by) {
    return *this = get() - by;
  }
  var& operator++() {
    return *this += T(1);
  }
  var& operator--() {
    return *this -= T(1);
  }

 private:
  void seen([[maybe_unused]] bool writes) const {
#ifdef WEFT_SIM
    lwp::sim::access(this, writes ? lwp::sim::Access::write : lwp::sim::Access::read,
                     std::source_location::current());
#endif
  }

  T value_;
};

/// A property of the program: what must hold here.
inline void check(bool holds, const char* property) {
  if (holds) return;
#ifdef WEFT_SIM
  lwp::sim::broken(property);
#else
  lwp::broken(property);
#endif
}

/// An input of the program's: explored, each value from 0 to n - 1 is tried, with every schedule of
/// its own, and the replay takes the same one again; elsewhere it is 0. REQUIRES 1 <= n <= 1000.
inline int choose([[maybe_unused]] int n) {
#ifdef WEFT_SIM
  return lwp::sim::choose(n);
#else
  return 0;
#endif
}

/// A number of the program's own, for `weft lab measure` to show; elsewhere it is nothing.
inline void figure([[maybe_unused]] const char* name, [[maybe_unused]] double value) {
#ifdef WEFT_SIM
  lwp::sim::figure(name, value);
#endif
}

}  // namespace weft

#ifndef WEFT_SIM
#undef WEFT_UNWATCHED
#endif
