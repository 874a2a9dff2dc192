// SPDX-License-Identifier: BSL-1.0
// A channel carries values between fibers, in order. With capacity 0 it is a rendezvous: a send
// returns once its value was received (Hoare, "Communicating Sequential Processes", 1978).
//
// A value is handed over inside the channel's lock: a sender that must wait leaves a pointer to its
// value in its waiter; the receiver that takes it refills the buffer from there. A receiver that
// must wait leaves an empty slot, which the next sender fills. Waking is the last thing an
// operation does, after its last use of the channel: a woken fiber may destroy it.
//
// The forms of waiting are those of wait.hpp; for several channels at once see select.hpp.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "fibers/wait.hpp"

namespace weft::fibers {

namespace detail {
template <class T>
class ReceiveCase;
template <class T>
class SendCase;
}  // namespace detail

template <class T>
class Channel {
  static_assert(std::is_nothrow_move_constructible_v<T>, "values move in core: it must not fail");

 public:
  /// The ring is allocated here, once: sending allocates nothing of its own. Throws
  /// std::length_error for more values than memory could hold, as for a negative number.
  explicit Channel(std::size_t capacity) : ring_(capacity) {}
  Channel(const Channel&) = delete;

  /// Waits for room. False if the channel is closed: the value was not sent.
  [[gnu::always_inline]] bool send(T value) { return send(value, Limit{}); }
  /// False, and not sent, also if the stop request or the deadline came first.
  bool send(T value, const std::stop_token& stop) {
    WakeOnStop wake(stop);
    return send(value, wake.limit(os::kNever));
  }
  bool send_until(T value, os::Nanos deadline, const std::stop_token& stop = {}) {
    WakeOnStop wake(stop);
    return send(value, wake.limit(deadline));
  }
  bool send_for(T value, os::Nanos duration, const std::stop_token& stop = {}) {
    return send_until(std::move(value), after(duration), stop);
  }

  /// False if it would wait, or the channel is closed.
  bool try_send(T value) {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    lwp::Waiter* receiver = nullptr;
    bool sent = !closed_ && give(guard.alone(), value, receiver);
    if (sent) lwp::trace::use(guard.lwp(), lwp::trace::Event::send, "channel", this);
    unlock_and_wake(guard, receiver);
    return sent;
  }

  /// Waits for a value; nothing once the channel is closed and empty.
  [[gnu::always_inline]] std::optional<T> receive() { return receive(Limit{}); }
  /// Nothing also if the stop request or the deadline came first.
  std::optional<T> receive(const std::stop_token& stop) {
    WakeOnStop wake(stop);
    return receive(wake.limit(os::kNever));
  }
  std::optional<T> receive_until(os::Nanos deadline, const std::stop_token& stop = {}) {
    WakeOnStop wake(stop);
    return receive(wake.limit(deadline));
  }
  std::optional<T> receive_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return receive_until(after(duration), stop);
  }

  /// Nothing if it would wait.
  std::optional<T> try_receive() {
    lwp::Guard guard(lock_);
    lwp::Waiter* sender = nullptr;
    std::optional<T> value = take(guard.alone(), sender);
    if (value) lwp::trace::use(guard.lwp(), lwp::trace::Event::receive, "channel", this);
    unlock_and_wake(guard, sender);
    lwp::sanitizer::acquire(this);
    return value;
  }

  /// No more values are sent; those inside are still received. Waiting senders return false.
  void close() {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    closed_ = true;
    lwp::Waiter* senders = senders_.take_all(guard.alone());
    unlock_and_wake(guard, receivers_.take_all(guard.alone(), senders));
  }

  bool closed() {
    lwp::Guard guard(lock_);
    return closed_;
  }
  /// Values inside now.
  std::size_t size() {
    lwp::Guard guard(lock_);
    return used_;
  }

 private:
  friend class detail::ReceiveCase<T>;
  friend class detail::SendCase<T>;

  [[gnu::always_inline]] bool send(T& value, Limit limit) {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    if (closed_) return false;
    lwp::trace::use(guard.lwp(), lwp::trace::Event::send, "channel", this);
    lwp::Waiter* receiver = nullptr;
    if (give(guard.alone(), value, receiver)) {
      unlock_and_wake(guard, receiver);
      return true;
    }
    lwp::Waiter w(guard.core.task(), limit.stop);
    w.offer = &value;
    wait(guard, senders_, w, {"channel send", this}, limit);
    return w.offer == nullptr;  // taken; else close() or the limit ended the wait
  }

  [[gnu::always_inline]] std::optional<T> receive(Limit limit) {
    lwp::Guard guard(lock_);
    lwp::Waiter* sender = nullptr;
    std::optional<T> value = take(guard.alone(), sender);
    if (value || closed_) {
      unlock_and_wake(guard, sender);
    } else {
      lwp::Waiter w(guard.core.task(), limit.stop);
      w.offer = &value;
      wait(guard, receivers_, w, {"channel receive", this}, limit);
    }
    if (value) lwp::trace::use(guard.lwp(), lwp::trace::Event::receive, "channel", this);
    lwp::sanitizer::acquire(this);
    return value;
  }

  [[gnu::always_inline]] static void wait(lwp::Guard& guard, lwp::WaitList& list, lwp::Waiter& w,
                                          lwp::Reason why, Limit limit) {
    list.push(w);
    guard.unlock();
    if (limit.none()) [[likely]] {
      park_on(guard.core, w, why);
    } else if (lwp::await(guard.core, w, why, limit.deadline) != lwp::Outcome::signaled) {
      guard.lock();
      list.remove(w);
    }
  }

  // To a waiting receiver, who is to be woken, or into the ring.
  bool give(bool alone, T& value, lwp::Waiter*& wake) {
    if ((wake = receivers_.take_first(alone)) != nullptr) {
      static_cast<std::optional<T>*>(wake->offer)->emplace(std::move(value));
      return true;
    }
    if (used_ == ring_.size()) return false;
    put(value);
    return true;
  }

  // From the ring, which the first waiting sender refills, or from that sender; it is to be woken.
  std::optional<T> take(bool alone, lwp::Waiter*& wake) {
    std::optional<T> value;
    if (used_ > 0) {
      value = std::exchange(ring_[first_], std::nullopt);
      if (++first_ == ring_.size()) first_ = 0;
      --used_;
    }
    if ((wake = senders_.take_first(alone)) != nullptr) {
      T& offered = *static_cast<T*>(std::exchange(wake->offer, nullptr));
      if (value) {
        put(offered);
      } else {
        value.emplace(std::move(offered));
      }
    }
    return value;
  }

  void put(T& value) {
    std::size_t at = first_ + used_++;
    ring_[at < ring_.size() ? at : at - ring_.size()].emplace(std::move(value));
  }

  // The last use of the channel: once its wait has ended, a woken fiber may destroy it.
  static void unlock_and_wake(lwp::Guard& guard, lwp::Waiter* chain) {
    guard.unlock();
    lwp::wake(guard.core.lwp(), chain);
  }

  lwp::Lock lock_;
  std::vector<std::optional<T>> ring_;  // guarded by lock_, as all below
  std::size_t first_ = 0, used_ = 0;
  bool closed_ = false;
  lwp::WaitList senders_, receivers_;
};

}  // namespace weft::fibers
