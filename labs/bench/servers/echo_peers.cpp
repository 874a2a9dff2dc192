// SPDX-License-Identifier: BSL-1.0
#include "labs/bench/servers/echo_peers.hpp"

#include <cerrno>
#include <memory>
#include <vector>

#include "lwp/os/socket_options.hpp"
#include "lwp/os/uring.hpp"

namespace weft::labs::bench {
namespace {

constexpr std::size_t kBuffer = 16 * 1024;

}  // namespace

// An edge tells of bytes that come later, so only what fills the buffer needs a second look.
int echo_by_epoll(int listener) {
  constexpr auto kEdge = os::Poller::Trigger::edge;
  os::Poller poller;
  std::vector<os::Fd> sockets;  // by their numbers, as are the tags
  std::array<std::byte, kBuffer> buffer;
  std::array<os::Poller::Ready, 64> ready;
  auto tag = [&](int fd) { return reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)); };
  (void)poller.add(listener, os::kReadable, kEdge, tag(listener)).error();
  while (true) {
    const std::size_t n = poller.wait(ready, os::kNever);
    for (std::size_t i = 0; i < n; ++i) {
      const auto fd = static_cast<int>(reinterpret_cast<std::intptr_t>(ready[i].tag));
      if (fd == listener) {
        while (auto socket = os::accept(listener)) {
          const auto at = static_cast<std::size_t>(socket->get());
          if (at >= sockets.size()) sockets.resize(at + 1);
          (void)poller.add(socket->get(), os::kReadable, kEdge, tag(socket->get())).error();
          sockets[at] = std::move(*socket);
        }
        continue;
      }
      auto got = os::receive(fd, buffer);
      for (; got && *got > 0; got = os::receive(fd, buffer)) {
        (void)os::send(fd, std::span(buffer).first(*got));
        if (*got < buffer.size()) break;
      }
      if ((got && *got == 0) || (!got && got.error() != EAGAIN))
        sockets[static_cast<std::size_t>(fd)].reset();
    }
  }
}

int echo_by_uring(int listener) {
  struct Peer {
    os::Fd socket;
    std::array<std::byte, kBuffer> buffer;
  };
  os::Uring ring;
  std::vector<std::unique_ptr<Peer>> peers;  // by their sockets' numbers, as are the tags
  std::array<os::Uring::Done, 1024> done;
  const auto door = static_cast<std::uint64_t>(listener);
  ring.accept(listener, door);
  while (true) {
    const std::size_t n = ring.wait(done);
    for (auto [tag, result] : std::span(done).first(n)) {
      if (tag == door) {
        ring.accept(listener, door);
        if (result < 0) continue;
        const auto at = static_cast<std::size_t>(result);
        if (at >= peers.size()) peers.resize(at + 1);
        if (!peers[at]) peers[at] = std::make_unique<Peer>();
        peers[at]->socket.reset(result);
        os::no_delay(result);
        ring.receive(result, peers[at]->buffer, at);
        continue;
      }
      Peer& peer = *peers[tag];
      if (result <= 0) {
        peer.socket.reset();
        continue;
      }
      const auto bytes = std::span(peer.buffer).first(static_cast<std::size_t>(result));
      ring.send_and_receive(peer.socket.get(), bytes, peer.buffer, tag);
    }
  }
}

}  // namespace weft::labs::bench
