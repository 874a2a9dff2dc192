// SPDX-License-Identifier: BSL-1.0
// weft::lwp::atomic where the world is simulated: each operation is a point of it. One kernel
// thread runs everything, so a plain value will do; orders other than one after the other are not
// simulated.
#pragma once

#include <atomic>
#include <cstdint>
#include <source_location>
#include <type_traits>

#include "lwp/sim/point.hpp"

namespace weft::lwp {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

template <class T>
class atomic {
  using Place = std::source_location;
  using Order = std::memory_order;
  using Difference = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

 public:
  constexpr atomic() noexcept : value_{} {}
  constexpr atomic(T value) noexcept : value_(value) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  WEFT_UNWATCHED T load(Order order = memory_order_seq_cst, Place at = Place::current()) const {
    sim::point(this, sim::Access::read, "load", at);
    sim::order(this, order != memory_order_relaxed, false);
    return value_;
  }
  WEFT_UNWATCHED void store(T value, Order order = memory_order_seq_cst,
                            Place at = Place::current()) {
    sim::point(this, sim::Access::write, "store", at);
    sim::order(this, false, order != memory_order_relaxed);
    value_ = value;
  }
  WEFT_UNWATCHED T exchange(T value, Order order = memory_order_seq_cst,
                            Place at = Place::current()) {
    changes("exchange", order, at);
    const T before = value_;
    value_ = value;
    return before;
  }
  WEFT_UNWATCHED bool compare_exchange_strong(T& expected, T wanted,
                                              Order order = memory_order_seq_cst,
                                              Order = memory_order_seq_cst,
                                              Place at = Place::current()) {
    changes("compare exchange", order, at);
    if (value_ == expected) {
      value_ = wanted;
      return true;
    }
    expected = value_;
    return false;
  }
  bool compare_exchange_weak(T& expected, T wanted, Order one = memory_order_seq_cst,
                             Order two = memory_order_seq_cst, Place at = Place::current()) {
    return compare_exchange_strong(expected, wanted, one, two, at);
  }
  WEFT_UNWATCHED T fetch_add(Difference by, Order order = memory_order_seq_cst,
                             Place at = Place::current()) {
    changes("add", order, at);
    const T before = value_;
    value_ = static_cast<T>(before + by);
    return before;
  }
  WEFT_UNWATCHED T fetch_sub(Difference by, Order order = memory_order_seq_cst,
                             Place at = Place::current()) {
    changes("subtract", order, at);
    const T before = value_;
    value_ = static_cast<T>(before - by);
    return before;
  }

  operator T() const { return load(); }
  T operator=(T value) {
    store(value);
    return value;
  }
  T operator++(int) { return fetch_add(1); }
  T operator++() { return static_cast<T>(fetch_add(1) + 1); }

  /// Without a point: for the simulated kernel.
  WEFT_UNWATCHED const T& peek() const { return value_; }
  WEFT_UNWATCHED void poke(T value) { value_ = value; }

 private:
  // Of a read-modify-write: what an order does not say, it does.
  void changes(const char* operation, Order order, const Place& at) {
    sim::point(this, sim::Access::write, operation, at);
    sim::order(this, order != memory_order_relaxed && order != memory_order_release,
               order != memory_order_relaxed && order != memory_order_acquire);
  }

  T value_;
};

// Steps follow each other in one order, so there is nothing to fence.
inline void fence() {}
inline void compiler_fence() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace weft::lwp
