// SPDX-License-Identifier: BSL-1.0
// A channel carries values between fibers, in order. With capacity 0 it is a rendezvous: a send
// returns once its value was received (Hoare, "Communicating Sequential Processes", 1978).
//
// A value is handed over inside the channel's lock: a sender that must wait leaves a pointer to its
// value in its waiter; the receiver that takes it refills the buffer from there. A receiver that
// must wait leaves an empty slot, which the next sender fills. Whoever is woken takes the lock once
// more before it goes on, so it may destroy the channel.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "fibers/switch.hpp"

namespace weft::fibers {

template <class T>
class Channel {
  static_assert(std::is_nothrow_move_constructible_v<T>, "values move in core: it must not fail");

 public:
  /// The ring is allocated here, once: sending allocates nothing of its own.
  explicit Channel(std::size_t capacity) : ring_(capacity) {}
  Channel(const Channel&) = delete;

  /// Waits for room. False if the channel is closed: the value was not sent.
  bool send(T value) {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    if (closed_) return false;
    if (give(guard, value)) return true;
    lwp::Waiter w(guard.core.task());
    w.offer = &value;
    senders_.push(w);
    guard.unlock();
    lwp::await(guard.core, w, {"channel send", this});
    guard.lock();
    return w.offer == nullptr;  // taken; else close() ended the wait
  }

  /// False if it would wait, or the channel is closed.
  bool try_send(T value) {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    return !closed_ && give(guard, value);
  }

  /// Waits for a value; nothing once the channel is closed and empty.
  std::optional<T> receive() {
    lwp::Guard guard(lock_);
    std::optional<T> value = take(guard);
    if (!value && !closed_) {
      lwp::Waiter w(guard.core.task());
      w.offer = &value;
      receivers_.push(w);
      guard.unlock();
      lwp::await(guard.core, w, {"channel receive", this});
      guard.lock();
    }
    lwp::sanitizer::acquire(this);
    return value;
  }

  /// Nothing if it would wait.
  std::optional<T> try_receive() {
    lwp::Guard guard(lock_);
    std::optional<T> value = take(guard);
    lwp::sanitizer::acquire(this);
    return value;
  }

  /// No more values are sent; those inside are still received. Waiting senders return false.
  void close() {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    closed_ = true;
    wake_all(guard, receivers_);
    wake_all(guard, senders_);
  }

  /// Values inside now.
  std::size_t size() {
    lwp::Guard guard(lock_);
    return used_;
  }

 private:
  // To a waiting receiver, or into the ring.
  bool give(lwp::Guard& guard, T& value) {
    while (lwp::Waiter* w = receivers_.first()) {
      receivers_.remove(*w);
      lwp::Task* task = w->task;
      auto* slot = static_cast<std::optional<T>*>(w->offer);
      slot->emplace(std::move(value));
      w->claim(lwp::Outcome::signaled);
      lwp::unpark(guard.core.lwp(), *task);
      return true;
    }
    if (used_ == ring_.size()) return false;
    ring_[(first_ + used_) % ring_.size()].emplace(std::move(value));
    ++used_;
    return true;
  }

  // From the ring, which the first waiting sender refills, or from that sender itself.
  std::optional<T> take(lwp::Guard& guard) {
    std::optional<T> value;
    if (used_ > 0) {
      value = std::exchange(ring_[first_], std::nullopt);
      first_ = (first_ + 1) % ring_.size();
      --used_;
    }
    if (lwp::Waiter* w = senders_.first()) {
      senders_.remove(*w);
      lwp::Task* task = w->task;
      T& offered = *static_cast<T*>(std::exchange(w->offer, nullptr));
      if (value) {
        ring_[(first_ + used_) % ring_.size()].emplace(std::move(offered));
        ++used_;
      } else {
        value.emplace(std::move(offered));
      }
      w->claim(lwp::Outcome::signaled);
      lwp::unpark(guard.core.lwp(), *task);
    }
    return value;
  }

  void wake_all(lwp::Guard& guard, lwp::WaitList& list) {
    while (lwp::Task* task = list.signal_first()) {
      lwp::unpark(guard.core.lwp(), *task);
    }
  }

  lwp::Lock lock_;
  std::vector<std::optional<T>> ring_;  // guarded by lock_, as all below
  std::size_t first_ = 0, used_ = 0;
  bool closed_ = false;
  lwp::WaitList senders_, receivers_;
};

}  // namespace weft::fibers
