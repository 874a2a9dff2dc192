// SPDX-License-Identifier: BSL-1.0
// Sockets over loopback.
#include "fibers/io.hpp"

#include <array>
#include <cerrno>

#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

constexpr os::Nanos kSoon = 5 * os::kMillisecond;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

struct Pair {
  Socket here, there;
};

struct Door {
  Door() : listener(std::move(os::listen({})).value()) {
    address.port = os::local_port(listener.fd()).value();
  }
  Pair open() {
    Socket there = Socket::connect(address).value();
    return {listener.accept().value(), std::move(there)};
  }
  Listener listener;
  os::Address address;
};

std::string receive_all(Socket& socket) {
  std::string text;
  std::array<std::byte, 1000> buffer;
  while (true) {
    auto n = socket.receive(buffer);
    if (!n || *n == 0) return text;
    text.append(reinterpret_cast<char*>(buffer.data()), *n);
  }
}

TEST_CASE("Sockets: who waits again misses nothing, whether it comes before, while or after") {
  run_everywhere([](Collector& seen) {
    Door door;
    for (int connection = 0; connection < 3; ++connection) {  // descriptors are used again
      Pair pair = door.open();
      auto await = [&pair, waited = false]() mutable {
        const auto wait = std::exchange(waited, true) ? wait_ready_again : wait_ready;
        std::array<std::byte, 1> one;
        while (true) {
          auto got = os::receive(pair.here.fd(), one);
          if (got || got.error() != EAGAIN) return got && *got == 1;
          if (!wait(pair.here.fd(), os::kReadable, os::now() + 10 * os::kSecond)) return false;
        }
      };
      Fiber peer = spawn([&] {
        for (int i = 0; i < 50; ++i) {
          (void)pair.there.send_all(bytes("xx"));  // one while it waits, one when nobody does
          if (i % 3 == 0) yield();
          if (i % 10 == 0) sleep_for(os::kMillisecond);
        }
        os::shutdown_send(pair.there.fd());
      });
      for (int i = 0; i < 100; ++i) seen.expect(await(), "a byte");
      seen.expect(!await(), "the end");
      peer.join();
      seen.expect(!wait_ready_again(pair.there.fd(), os::kReadable, os::now() + kSoon),
                  "nothing, until the deadline");
    }
  });
}

TEST_CASE("Sockets: an echo of more than the kernel buffers") {
  run_everywhere([](Collector& seen) {
    Door door;
    Fiber server = spawn([&] {
      Socket s = door.listener.accept().value();
      std::array<std::byte, 64 * 1024 / 4> buffer;
      while (true) {
        auto n = s.receive(buffer);
        if (!n || *n == 0) break;
        seen.expect(bool(s.send_all(std::span(buffer).first(*n))), "echoed");
      }
    });
    Socket client = Socket::connect(door.address).value();
    std::string text;
    for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i) + " ";
    Fiber sender = spawn([&] {
      seen.expect(bool(client.send_all(bytes(text))), "sent");
      os::shutdown_send(client.fd());
    });
    seen.expect(receive_all(client) == text, "the same bytes");
  });
}

TEST_CASE("Sockets: deadlines") {
  run_everywhere([](Collector& seen) {
    Door door;
    os::Nanos deadline = os::now() + kSoon;
    seen.equal(door.listener.accept(deadline).error(), ETIMEDOUT, "nobody connects");
    seen.expect(os::now() >= deadline, "not early");
    Pair pair = door.open();
    std::array<std::byte, 10> buffer;
    seen.equal(pair.here.receive(buffer, os::now() + kSoon).error(), ETIMEDOUT, "nobody sends");
    seen.equal(pair.here.receive(buffer, 0).error(), ETIMEDOUT, "a deadline in the past");
    std::vector<std::byte> much(8 << 20);
    seen.equal(pair.here.send_all(much, os::now() + kSoon).error(), ETIMEDOUT, "nobody receives");
    (void)pair.there.send_all(bytes("x")).error();
    seen.equal(*pair.here.receive(buffer, os::now() + os::kSecond), 1u, "then it comes");
  });
}

TEST_CASE("Sockets: refused, closed by the peer, reset") {
  run_everywhere([](Collector& seen) {
    std::uint16_t unused;
    {
      Door gone;
      unused = gone.address.port;
    }
    seen.equal(Socket::connect({"127.0.0.1", unused}).error(), ECONNREFUSED, "refused");
    seen.equal(Socket::connect({"no address", 1}).error(), EINVAL, "not an address");
    Door door;
    Pair pair = door.open();
    Fiber reader = spawn([&] {
      std::array<std::byte, 10> buffer;
      seen.equal(*pair.here.receive(buffer), 0u, "an end, while it waits");
    });
    while (!testing::waits_for(reader.id(), "readable fd")) yield();
    pair.there = Socket();
    reader.join();
    // Writing to who is gone: an error at last, and no SIGPIPE.
    int error = 0;
    for (int i = 0; i < 1000 && error == 0; ++i) {
      error = pair.here.send_all(bytes("to nobody"), os::now() + os::kSecond).error();
    }
    seen.expect(error == EPIPE || error == ECONNRESET, "the peer is gone");
    seen.expect(fibers::wait_ready(-1, os::kReadable), "a closed descriptor is ready to say EBADF");
  });
}

TEST_CASE("Sockets: one fiber sends while another receives on the same descriptor") {
  run_everywhere([](Collector& seen) {
    Door door;
    Pair pair = door.open();
    const std::vector<std::byte> much(2 << 20, std::byte{1});
    auto both_ways = [&](Socket& s) {
      Fiber sender = spawn([&] {
        seen.expect(bool(s.send_all(much)), "sent");
        os::shutdown_send(s.fd());
      });
      seen.equal(receive_all(s).size(), much.size(), "received");
    };
    Fiber other = spawn([&] { both_ways(pair.there); });
    both_ways(pair.here);
  });
}

TEST_CASE("Sockets: several acceptors on one listener, each connection accepted once") {
  run_everywhere([](Collector& seen) {
    Door door;
    constexpr int kConnections = 40;
    lwp::atomic<int> accepted{0};
    std::vector<Fiber> acceptors;
    for (int i = 0; i < 4; ++i) {
      acceptors.push_back(spawn([&] {
        while (true) {
          auto s = door.listener.accept();
          if (!s) break;
          std::array<std::byte, 1> one;
          auto n = s->receive(one);
          if (!n || *n == 0 || one[0] == std::byte{'q'}) break;
          accepted.fetch_add(1);
          (void)s->send_all(one).error();
        }
      }));
    }
    for (int i = 0; i < kConnections; ++i) {
      Socket s = Socket::connect(door.address).value();
      (void)s.send_all(bytes("x")).error();
      std::array<std::byte, 1> one;
      seen.equal(s.receive(one, os::now() + 5 * os::kSecond).error(), 0, "answered");
    }
    std::vector<Socket> last;
    for (int i = 0; i < 4; ++i) {
      last.push_back(Socket::connect(door.address).value());
      (void)last.back().send_all(bytes("q")).error();
    }
    acceptors.clear();
    seen.equal(accepted.load(), kConnections, "accepted");
  });
}

TEST_CASE("A set of descriptors may itself be waited for") {
  run_everywhere([](Collector& seen) {
    os::Poller set;
    Door door;
    Pair one = door.open(), two = door.open();
    using Trigger = os::Poller::Trigger;
    (void)set.add(one.here.fd(), os::kReadable, Trigger::oneshot, &one).error();
    (void)set.add(two.here.fd(), os::kReadable, Trigger::oneshot, &two).error();
    seen.expect(!fibers::wait_ready(set.fd(), os::kReadable, os::now() + kSoon), "none is ready");
    Fiber waiter = spawn([&] {
      seen.expect(fibers::wait_ready(set.fd(), os::kReadable), "a member is ready");
      std::array<os::Poller::Ready, 4> ready;
      seen.equal(set.wait(ready, 0), 1u, "one");
      seen.expect(ready[0].tag == &two, "the right one");
    });
    while (!testing::waits_for(waiter.id(), "readable fd")) yield();
    (void)two.there.send_all(bytes("!")).error();
  });
}

// The kernel gives a closed descriptor's number to the next one: a wait for the new must not be
// mistaken for one for the old.
TEST_CASE("Descriptors are used again") {
  run_everywhere([](Collector& seen) {
    Door door;
    int first = -1, again = 0;
    for (int i = 0; i < 50; ++i) {
      Pair pair = door.open();
      if (i == 0) first = pair.here.fd();
      if (pair.here.fd() == first) ++again;
      std::array<std::byte, 8> buffer;
      // Leaves an armed one-shot behind, for the next owner of the number.
      seen.equal(pair.here.receive(buffer, os::now() + 10 * os::kMicrosecond).error(), ETIMEDOUT,
                 "nothing was sent");
      Fiber reader = spawn([&] {
        seen.equal(pair.here.receive(buffer, os::now() + 5 * os::kSecond).error(), 0, "it comes");
      });
      yield();
      (void)pair.there.send_all(bytes("new")).error();
    }
    seen.expect(again > 10, "numbers were used again");
  });
}

// A peer that has shut down its sending side is an event, but none for who waits to write.
TEST_CASE("A writer does not spin while the peer, who sends no more, does not read (alone)") {
  run_everywhere([](Collector& seen) {
    Door door;
    Pair pair = door.open();
    os::shutdown_send(pair.there.fd());
    std::vector<std::byte> much(8 << 20);
    seen.equal(pair.here.send_all(much, os::now() + kSoon).error(), ETIMEDOUT, "buffers are full");
    os::Nanos cpu = os::process_cpu();
    seen.equal(pair.here.send_all(much, os::now() + 40 * os::kMillisecond).error(), ETIMEDOUT,
               "still");
    seen.expect(os::process_cpu() - cpu < 20 * os::kMillisecond, "it slept");
  });
}

}  // namespace
}  // namespace weft::fibers
