// SPDX-License-Identifier: BSL-1.0
// Readiness: triggers, deadlines, bells and alarms; sockets at the seam.
#include <array>
#include <cerrno>
#include <csignal>

#include "lwp/os.hpp"
#include "tests/catch.hpp"

namespace weft::lwp {
namespace {

using Trigger = os::Poller::Trigger;

struct Wire {
  Wire() : pipe(std::move(os::pipe(true)).value()) {}
  void put() {
    std::byte one[1]{};
    REQUIRE(os::write(pipe[1].get(), one));
  }
  void take() {
    std::byte one[1];
    REQUIRE(os::read(pipe[0].get(), one));
  }
  int end() const { return pipe[0].get(); }
  std::array<os::Fd, 2> pipe;
};

std::size_t look(os::Poller& poller, std::array<os::Poller::Ready, 8>& ready) {
  return poller.wait(ready, 0);
}

TEST_CASE("Poller: level tells while it is so, edge when it becomes so, oneshot once") {
  std::array<os::Poller::Ready, 8> ready;
  Wire wire;
  int tag = 0;
  {
    os::Poller level;
    REQUIRE(level.add(wire.end(), os::kReadable, Trigger::level, &tag));
    REQUIRE(level.add(wire.end(), os::kReadable, Trigger::level, &tag).error() == EEXIST);
    REQUIRE(look(level, ready) == 0);
    wire.put();
    REQUIRE(look(level, ready) == 1);
    REQUIRE(ready[0].tag == &tag);
    REQUIRE(ready[0].interest == os::kReadable);
    REQUIRE(look(level, ready) == 1);
    wire.take();
    REQUIRE(look(level, ready) == 0);
    level.remove(wire.end());
    wire.put();
    REQUIRE(look(level, ready) == 0);
    REQUIRE(level.change(wire.end(), os::kReadable, Trigger::level, &tag).error() == ENOENT);
    wire.take();
  }
  {
    os::Poller edge;
    REQUIRE(edge.add(wire.end(), os::kReadable, Trigger::edge, &tag));
    wire.put();
    REQUIRE(look(edge, ready) == 1);
    REQUIRE(look(edge, ready) == 0);
    wire.put();
    REQUIRE(look(edge, ready) == 1);
    wire.take();
    wire.take();
  }
  {
    os::Poller once;
    REQUIRE(once.add(wire.end(), os::kReadable, Trigger::oneshot, &tag));
    wire.put();
    REQUIRE(look(once, ready) == 1);
    wire.put();
    REQUIRE(look(once, ready) == 0);
    REQUIRE(once.change(wire.end(), os::kReadable, Trigger::oneshot, &tag));
    REQUIRE(look(once, ready) == 1);  // it is so still
  }
}

TEST_CASE("Poller: waits until its deadline, or until something is ready, a set in a set") {
  std::array<os::Poller::Ready, 8> ready;
  os::Poller poller, outer;
  os::Nanos deadline = os::now() + 3 * os::kMillisecond;
  REQUIRE(poller.wait(ready, deadline) == 0);
  REQUIRE(os::now() >= deadline);
  Wire wire;
  REQUIRE(poller.add(wire.end(), os::kReadable, Trigger::level, nullptr));
  REQUIRE(outer.add(poller.fd(), os::kReadable, Trigger::level, &outer));
  os::Thread writer("writer", [&] {
    std::byte one[1]{};
    (void)os::write(wire.pipe[1].get(), one).error();
  });
  REQUIRE(outer.wait(ready, os::now() + 10 * os::kSecond) == 1);
  REQUIRE(ready[0].tag == &outer);
  writer.join();
  wire.pipe[1].reset();  // a hang-up is both
  REQUIRE(look(poller, ready) == 1);
  REQUIRE(ready[0].interest == (os::kReadable | os::kWritable));
}

TEST_CASE("Bell: a ring wakes one sleeper, and is heard by who comes later") {
  os::Poller poller;
  os::Bell bell;
  REQUIRE(poller.add(bell.fd(), os::kReadable, Trigger::edge, nullptr));
  std::array<os::Poller::Ready, 8> ready;
  bell.ring();
  bell.ring();
  REQUIRE(look(poller, ready) == 1);  // melted into one
  REQUIRE(look(poller, ready) == 0);
  atomic<int> woken{0};
  std::vector<os::Thread> sleepers;
  for (int i = 0; i < 3; ++i) {
    sleepers.emplace_back("sleeper", [&] {
      std::array<os::Poller::Ready, 8> mine;
      if (poller.wait(mine, os::now() + 20 * os::kSecond) == 1) woken.fetch_add(1);
    });
  }
  for (int n = 1; n <= 3; ++n) {
    bell.ring();
    os::Nanos patience = os::now() + 10 * os::kSecond;
    while (woken.load() < n && os::now() < patience) os::yield_cpu();
    REQUIRE(woken.load() == n);
  }
  for (auto& s : sleepers) s.join();
  bell.clear();
}

TEST_CASE("Alarm: goes off at its time, at once for the past, never once disarmed") {
  os::Poller poller;
  os::Alarm alarm;
  REQUIRE(poller.add(alarm.fd(), os::kReadable, Trigger::edge, nullptr));
  std::array<os::Poller::Ready, 8> ready;
  os::Nanos at = os::now() + 3 * os::kMillisecond;
  alarm.set(at);
  REQUIRE(look(poller, ready) == 0);
  REQUIRE(poller.wait(ready, os::now() + 10 * os::kSecond) == 1);
  REQUIRE(os::now() >= at);
  for (os::Nanos past : {os::Nanos{1}, os::Nanos{0}, os::Nanos{-5}, os::now()}) {
    alarm.set(past);
    REQUIRE(poller.wait(ready, os::now() + 10 * os::kSecond) == 1);
  }
  alarm.set(os::now() + 2 * os::kMillisecond);
  alarm.set(os::kNever);
  REQUIRE(poller.wait(ready, os::now() + 6 * os::kMillisecond) == 0);
}

TEST_CASE("wait_ready: one descriptor, in the kernel") {
  Wire wire;
  REQUIRE(os::wait_ready(wire.pipe[1].get(), os::kWritable, os::kNever));
  os::Nanos deadline = os::now() + 2 * os::kMillisecond;
  REQUIRE_FALSE(os::wait_ready(wire.end(), os::kReadable, deadline));
  REQUIRE(os::now() >= deadline);
  REQUIRE_FALSE(os::wait_ready(wire.end(), os::kReadable, 0));
  wire.put();
  REQUIRE(os::wait_ready(wire.end(), os::kReadable, 0));
  REQUIRE(os::wait_ready(-1, os::kReadable, os::kNever));  // the read says EBADF
}

TEST_CASE("Sockets at the seam: addresses, ports, ends") {
  REQUIRE(os::listen({.host = "example"}).error() == EINVAL);
  REQUIRE(os::listen({.host = "192.0.2.1"}).error() == EADDRNOTAVAIL);
  auto listener = os::listen({});
  REQUIRE(listener);
  std::uint16_t port = *os::local_port(listener->get());
  REQUIRE(port != 0);
  REQUIRE(os::listen({.port = port}).error() == EADDRINUSE);
  REQUIRE(os::accept(listener->get()).error() == EAGAIN);
  REQUIRE(os::waiting_to_be_accepted(listener->get()) == 0);
  auto client = os::connect({.port = port});
  REQUIRE(client);
  REQUIRE(os::wait_ready(client->get(), os::kWritable, os::now() + os::kSecond));
  REQUIRE(os::socket_error(client->get()) == 0);
  REQUIRE(os::wait_ready(listener->get(), os::kReadable, os::now() + os::kSecond));
  REQUIRE(os::waiting_to_be_accepted(listener->get()) == 1);
  auto server = os::accept(listener->get());
  REQUIRE(server);
  std::array<std::byte, 8> buffer;
  REQUIRE(os::receive(server->get(), buffer).error() == EAGAIN);
  os::shutdown_send(client->get());
  REQUIRE(os::wait_ready(server->get(), os::kReadable, os::now() + os::kSecond));
  REQUIRE(*os::receive(server->get(), buffer) == 0);
  REQUIRE(*os::send(server->get(), buffer) == 8);  // the other way is open
  auto v6 = os::listen({.host = "::1"});
  if (v6) REQUIRE(*os::local_port(v6->get()) != 0);
}

TEST_CASE("signal_fd: signals are read, one at a time") {
  const int signals[] = {SIGUSR1, SIGUSR2};
  auto fd = os::signal_fd(signals);
  REQUIRE(fd);
  REQUIRE(os::take_signal(fd->get()) == 0);
  REQUIRE(std::raise(SIGUSR2) == 0);
  REQUIRE(os::wait_ready(fd->get(), os::kReadable, os::now() + os::kSecond));
  REQUIRE(os::take_signal(fd->get()) == SIGUSR2);
  REQUIRE(os::take_signal(fd->get()) == 0);
  os::unblock_signals(signals);
}

}  // namespace
}  // namespace weft::lwp
