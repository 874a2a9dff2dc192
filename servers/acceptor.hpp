// SPDX-License-Identifier: BSL-1.0
// The listening socket in a model's poller. When the process has no descriptor left, or as many
// connections as it may have, one that cannot be accepted stays in the kernel's queue and would be
// reported for ever; so the listener leaves the poller until a connection has closed, or for a
// tenth of a second: the descriptors may have been freed by somebody else.
//
// Or one connection that somebody else has accepted: then it is the only one there will be, and the
// end of it is the end of accepting.
#pragma once

#include <cerrno>
#include <optional>

#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;

/// Where a server's connections come from.
struct Source {
  os::Fd listener;
  os::Fd connection;  ///< in place of a listener
};

class Acceptor {
 public:
  Acceptor(Source source, os::Poller& poller)
      : listener_(std::move(source.listener)),
        only_(std::move(source.connection)),
        poller_(poller),
        backlog_of_(listener_.get()) {
    (void)poller_.add(again_.fd(), os::kReadable, os::Poller::Trigger::edge, tag()).error();
    if (listener_) {
      watch();
    } else {
      again_.set(os::now());  // so that the model asks for it
    }
  }
  /// The poller's tag of the listener, and of the alarm that ends its pause.
  void* tag() { return this; }

  /// The next connection that waits, if any; none while there are too many.
  std::optional<os::Fd> next(bool too_many) {
    if (only_) return std::move(only_);
    while (listener_) {
      if (too_many) {
        pause();
        break;
      }
      auto socket = os::accept(listener_.get());
      if (socket) return std::move(*socket);
      int error = socket.error();
      if (error == EAGAIN || error == EWOULDBLOCK) {
        if (paused_) watch();
        break;
      }
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        pause();
        break;
      }
      // Anything else (ECONNABORTED, EPROTO, …) befell one connection; the next may be sound.
    }
    return std::nullopt;
  }
  /// A descriptor has become free.
  void connection_closed() {
    if (!listener_) open_ = false;
    if (paused_ && listener_) watch();
  }
  /// Accepts no more connections.
  void close() {
    backlog_of_.store(-1, lwp::memory_order_relaxed);
    // Another process may listen on it still, so that the kernel would not forget it by itself.
    if (listener_ && !paused_) poller_.remove(listener_.get());
    listener_.reset();
    open_ = false;
  }
  /// More connections may come, or the only one is still there.
  bool open() const { return open_; }
  /// How many connections wait to be accepted. From any thread.
  std::size_t backlog() const {
    int listener = backlog_of_.load(lwp::memory_order_relaxed);
    return listener >= 0 ? os::waiting_to_be_accepted(listener) : 0;
  }

 private:
  void watch() {
    paused_ = !poller_.add(listener_.get(), os::kReadable, os::Poller::Trigger::level, tag());
  }
  void pause() {
    if (!paused_) poller_.remove(listener_.get());
    paused_ = true;
    again_.set(os::now() + 100 * os::kMillisecond);
  }

  os::Fd listener_, only_;
  os::Poller& poller_;
  os::Alarm again_;              // made beforehand: when it is needed there is no descriptor for it
  lwp::atomic<int> backlog_of_;  // the listener, for other threads; pairs with nothing
  bool paused_ = false;
  bool open_ = true;
};

}  // namespace weft::servers
