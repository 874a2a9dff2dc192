// SPDX-License-Identifier: BSL-1.0
// A channel carries values between fibers, in order. With capacity 0 it is a rendezvous: a send
// returns once its value was received (Hoare, "Communicating Sequential Processes", 1978).
//
// A value is handed over inside the channel's lock: a sender that must wait leaves a pointer to its
// value in its waiter; the receiver that takes it refills the buffer from there. A receiver that
// must wait leaves an empty slot, which the next sender fills. Waking is the last thing an
// operation does, after its last use of the channel.
#pragma once

#include <cstddef>
#include <initializer_list>
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
    lwp::Waiter* receiver = nullptr;
    if (give(value, receiver)) {
      unlock_and_wake(guard, receiver);
      return true;
    }
    lwp::Waiter w(guard.core.task());
    w.offer = &value;
    senders_.push(w);
    guard.unlock();
    lwp::await(guard.core, w, {"channel send", this});
    return w.offer == nullptr;  // taken; else close() ended the wait
  }

  /// False if it would wait, or the channel is closed.
  bool try_send(T value) {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    lwp::Waiter* receiver = nullptr;
    bool sent = !closed_ && give(value, receiver);
    unlock_and_wake(guard, receiver);
    return sent;
  }

  /// Waits for a value; nothing once the channel is closed and empty.
  std::optional<T> receive() {
    lwp::Guard guard(lock_);
    lwp::Waiter* sender = nullptr;
    std::optional<T> value = take(sender);
    if (value || closed_) {
      unlock_and_wake(guard, sender);
    } else {
      lwp::Waiter w(guard.core.task());
      w.offer = &value;
      receivers_.push(w);
      guard.unlock();
      lwp::await(guard.core, w, {"channel receive", this});
    }
    lwp::sanitizer::acquire(this);
    return value;
  }

  /// Nothing if it would wait.
  std::optional<T> try_receive() {
    lwp::Guard guard(lock_);
    lwp::Waiter* sender = nullptr;
    std::optional<T> value = take(sender);
    unlock_and_wake(guard, sender);
    lwp::sanitizer::acquire(this);
    return value;
  }

  /// No more values are sent; those inside are still received. Waiting senders return false.
  void close() {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    closed_ = true;
    lwp::Waiter* chain = nullptr;
    for (lwp::WaitList* list : {&receivers_, &senders_}) {
      while (lwp::Waiter* w = list->take_first()) {
        w->next = chain;
        chain = w;
      }
    }
    unlock_and_wake(guard, chain);
  }

  /// Values inside now.
  std::size_t size() {
    lwp::Guard guard(lock_);
    return used_;
  }

 private:
  // To a waiting receiver, who is to be woken, or into the ring.
  bool give(T& value, lwp::Waiter*& wake) {
    if ((wake = receivers_.take_first()) != nullptr) {
      static_cast<std::optional<T>*>(wake->offer)->emplace(std::move(value));
      return true;
    }
    if (used_ == ring_.size()) return false;
    put(value);
    return true;
  }

  // From the ring, which the first waiting sender refills, or from that sender; it is to be woken.
  std::optional<T> take(lwp::Waiter*& wake) {
    std::optional<T> value;
    if (used_ > 0) {
      value = std::exchange(ring_[first_], std::nullopt);
      first_ = (first_ + 1) % ring_.size();
      --used_;
    }
    if ((wake = senders_.take_first()) != nullptr) {
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
    ring_[(first_ + used_) % ring_.size()].emplace(std::move(value));
    ++used_;
  }

  // The last use of the channel: once its wait has ended, a woken fiber may destroy it. The waiters
  // themselves stay until they are claimed.
  void unlock_and_wake(lwp::Guard& guard, lwp::Waiter* chain) {
    guard.unlock();
    while (chain != nullptr) {
      lwp::Task* task = chain->task;
      lwp::Waiter* next = chain->next;
      chain->claim(lwp::Outcome::signaled);
      lwp::unpark(guard.core.lwp(), *task);
      chain = next;
    }
  }

  lwp::Lock lock_;
  std::vector<std::optional<T>> ring_;  // guarded by lock_, as all below
  std::size_t first_ = 0, used_ = 0;
  bool closed_ = false;
  lwp::WaitList senders_, receivers_;
};

}  // namespace weft::fibers
