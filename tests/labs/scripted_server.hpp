// SPDX-License-Identifier: BSL-1.0
// A server that behaves as badly as a test wants: one connection at a time, one thread.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lwp/os.hpp"

namespace weft::labs::testing {

class ScriptedServer {
 public:
  enum class Then { close, keep, reset, hold };
  struct Reply {
    std::string bytes;
    Then then = Then::close;
    lwp::os::Nanos stall = 0;  ///< before the bytes
  };
  /// `script(i)` answers request i (from 0). Both are called in the server's thread.
  explicit ScriptedServer(std::function<Reply(int)> script, std::function<void()> accepted = {})
      : script_(std::move(script)),
        accepted_(std::move(accepted)),
        listener_(std::move(lwp::os::listen({})).value()),
        stop_(std::move(lwp::os::pipe()).value()) {
    thread_ = lwp::os::Thread("scripted", [this] { serve(); });
  }
  ~ScriptedServer() { stop(); }
  void stop() {
    stop_[1].reset();
    if (thread_.joinable()) thread_.join();
  }
  lwp::os::Address address() const {
    return {"127.0.0.1", lwp::os::local_port(listener_.get()).value()};
  }

 private:
  bool wait(int fd) {  // false when the test is over
    lwp::os::Poller both;
    int tag = 0;
    (void)both.add(fd, lwp::os::kReadable, lwp::os::Poller::Trigger::level, &tag).error();
    (void)both.add(stop_[0].get(), lwp::os::kReadable, lwp::os::Poller::Trigger::level, &stop_)
        .error();
    std::array<lwp::os::Poller::Ready, 2> ready;
    std::size_t n = both.wait(ready, lwp::os::kNever);
    for (std::size_t i = 0; i < n; ++i)
      if (ready[i].tag == &stop_) return false;
    return true;
  }

  void serve() {
    while (wait(listener_.get())) {
      auto accepted = lwp::os::accept(listener_.get());
      if (!accepted) continue;
      lwp::os::Fd peer = std::move(*accepted);
      if (accepted_) accepted_();
      while (wait(peer.get()) && answer(peer)) {
      }
    }
  }

  // Answers what has come, which may be several requests.
  bool answer(lwp::os::Fd& peer) {
    Reply reply = script_(requests_);
    // Closing with unread bytes makes the kernel send a reset.
    if (reply.then == Then::reset) return ++requests_, false;
    std::array<std::byte, 4096> buffer;
    auto n = lwp::os::receive(peer.get(), buffer);
    if (!n || *n == 0) return false;
    std::string_view came(reinterpret_cast<const char*>(buffer.data()), *n);
    while (true) {
      ++requests_;
      if (reply.stall > 0) lwp::os::sleep_until(lwp::os::now() + reply.stall);
      (void)lwp::os::send(peer.get(), std::as_bytes(std::span(reply.bytes))).error();
      if (reply.then == Then::hold) held_.push_back(std::move(peer));
      if (reply.then != Then::keep) return false;
      constexpr std::string_view kEnd = "\r\n\r\n";
      came.remove_prefix(std::min(came.find(kEnd), came.size() - kEnd.size()) + kEnd.size());
      if (came.find(kEnd) == came.npos) return true;
      reply = script_(requests_);
    }
  }

  std::function<Reply(int)> script_;
  std::function<void()> accepted_;
  lwp::os::Fd listener_;
  std::array<lwp::os::Fd, 2> stop_;
  int requests_ = 0;
  std::vector<lwp::os::Fd> held_;
  lwp::os::Thread thread_;
};

}  // namespace weft::labs::testing
