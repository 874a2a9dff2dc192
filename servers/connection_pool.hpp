// SPDX-License-Identifier: BSL-1.0
// A server's connections. Objects are used again, with their buffers, and live as long as the pool,
// so that a stale pointer from a poller is harmless and a new connection allocates nothing.
// Not thread-safe.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "servers/connection.hpp"

namespace weft::servers {

class ConnectionPool {
 public:
  explicit ConnectionPool(const Site& site) : site_(site) {}

  Connection& take(os::Fd socket) {
    if (free_.empty()) {
      all_.push_back(std::make_unique<Connection>(site_));
      free_.push_back(all_.back().get());
    }
    Connection& c = *free_.back();
    free_.pop_back();
    c.model = {};
    c.model.in_use = true;
    c.open(std::move(socket));
    return c;
  }
  void give_back(Connection& c) {
    c.model.in_use = false;
    free_.push_back(&c);
  }
  std::size_t in_use() const { return all_.size() - free_.size(); }

  template <class F>
  void for_each(F&& f) {
    for (auto& c : all_) {
      if (c->model.in_use) f(*c);
    }
  }

 private:
  const Site& site_;
  std::vector<std::unique_ptr<Connection>> all_;
  std::vector<Connection*> free_;
};

/// Connections in the order they came; allocates nothing. Only size() is for other threads.
class ConnectionQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_.load(lwp::memory_order_relaxed); }
  void push(Connection& c) {
    c.model.next = nullptr;
    (first_ == nullptr ? first_ : last_->model.next) = &c;
    last_ = &c;
    size_.store(size() + 1, lwp::memory_order_relaxed);
  }
  /// REQUIRES: not empty.
  Connection* pop() {
    Connection* c = first_;
    first_ = c->model.next;
    size_.store(size() - 1, lwp::memory_order_relaxed);
    return c;
  }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
  lwp::atomic<std::size_t> size_{0};  // a hint; pairs with nothing
};

/// When to look for connections whose deadline has passed. Deadlines are coarse (kGrain), so that
/// ten thousand of them cost a look at all only ten times a second, and nothing while none is near.
class DeadlineWatch {
 public:
  static constexpr os::Nanos kGrain = 100 * os::kMillisecond;

  void watch(os::Nanos deadline) { next_ = std::min(next_, deadline); }
  os::Nanos next() const { return next_ == os::kNever ? next_ : std::max(next_, not_before_); }
  bool due(os::Nanos now) const { return now >= next(); }
  /// Calls `expire` for every connection of `pool` that `waits` and whose deadline has passed.
  template <class Waits, class Expire>
  void sweep(ConnectionPool& pool, os::Nanos now, Waits&& waits, Expire&& expire) {
    next_ = os::kNever;
    not_before_ = now + kGrain;
    pool.for_each([&](Connection& c) {
      if (!waits(c)) return;
      if (c.deadline() <= now) {
        expire(c);
      } else {
        watch(c.deadline());
      }
    });
  }

 private:
  os::Nanos next_ = os::kNever;
  os::Nanos not_before_ = 0;
};

}  // namespace weft::servers
