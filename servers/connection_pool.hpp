// SPDX-License-Identifier: BSL-1.0
// A server's connections. Objects are used again, with their buffers, and live as long as the pool,
// so that a stale pointer from a poller is harmless and a new connection allocates nothing.
// Not thread-safe but for for_each_shown().
#pragma once

#include <utility>

#include "servers/connection.hpp"

namespace weft::servers {

class ConnectionPool {
 public:
  explicit ConnectionPool(const Site& site) : site_(site) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ~ConnectionPool() {
    for (Member* m = first_.load(lwp::memory_order_relaxed); m != nullptr;) {
      delete std::exchange(m, m->after());
    }
  }

  Connection& take(os::Fd socket) {
    if (free_ == nullptr) free_ = &add();
    Connection& c = *free_;
    free_ = c.model.next;
    ++in_use_;
    c.model = {};
    c.model.in_use = true;
    c.open(std::move(socket));
    if (in_use_ > site_.limits.connections) c.refuse();
    return c;
  }
  void give_back(Connection& c) {
    c.model.in_use = false;
    c.model.next = free_;
    free_ = &c;
    --in_use_;
  }
  std::size_t in_use() const { return in_use_; }
  /// Nobody more can be taken, not even to be turned away.
  bool full() const { return in_use_ >= site_.limits.connections + kTurnedAway; }

  template <class F>
  void for_each(F&& f) {
    for (Member* m = first_.load(lwp::memory_order_relaxed); m != nullptr; m = m->after()) {
      if (m->connection.model.in_use) f(m->connection);
    }
  }
  /// What a picture shows of each open connection. From any thread: members are added at the end
  /// and never leave.
  template <class F>
  void for_each_shown(F&& f) const {
    for (Member* m = first_.load(lwp::memory_order_acquire); m != nullptr; m = m->after()) {
      const char* state = m->connection.shown().state.load(lwp::memory_order_relaxed);
      if (state != nullptr) f(state, m->connection.shown());
    }
  }

 private:
  // Who is turned away takes a second to leave. Where more come at a time, they wait in the
  // kernel's queue.
  static constexpr std::size_t kTurnedAway = 64;

  struct Member {
    explicit Member(const Site& site) : connection(site) {}
    Member* after() const { return next.load(lwp::memory_order_acquire); }
    Connection connection;
    lwp::atomic<Member*> next{nullptr};  // set once; publishes, to for_each_shown()
  };

  Connection& add() {
    auto* fresh = new Member(site_);
    (last_ == nullptr ? first_ : last_->next).store(fresh, lwp::memory_order_release);
    last_ = fresh;
    return fresh->connection;
  }

  const Site& site_;
  lwp::atomic<Member*> first_{nullptr};
  Member* last_ = nullptr;
  Connection* free_ = nullptr;  // linked by model.next
  std::size_t in_use_ = 0;
};

}  // namespace weft::servers
