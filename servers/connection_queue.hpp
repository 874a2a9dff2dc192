// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "servers/connection.hpp"

namespace weft::servers {

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

}  // namespace weft::servers
