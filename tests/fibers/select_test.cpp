// SPDX-License-Identifier: BSL-1.0
#include "fibers/select.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

TEST_CASE("Select: what can be done at once is done or else the otherwise case") {
  run_everywhere([](Collector& seen) {
    Channel<int> a(1), b(1);
    std::optional<int> from_a, from_b;
    int value = 9;
    seen.equal(select(receive_from(a, from_a), receive_from(b, from_b), otherwise()), 2u, "none");
    b.send(5);
    seen.equal(select(receive_from(a, from_a), receive_from(b, from_b)), 1u, "b has one");
    seen.expect(from_b == 5 && !from_a, "the value");
    seen.equal(select(otherwise(), send_to(a, value)), 1u, "room in a");
    seen.equal(select(send_to(a, value), at_deadline(1), send_to(a, value)), 1u, "a is full");
    seen.expect(a.receive() == 9, "what was sent");
    a.close();
    bool sent = true;
    seen.equal(select(send_to(a, value, &sent), receive_from(b, from_b)), 0u, "closed");
    seen.expect(!sent && value == 9, "not sent");
    from_a = 3;
    seen.equal(select(receive_from(a, from_a)), 0u, "closed");
    seen.expect(!from_a, "empty");
  });
}

TEST_CASE("Select: waits until a sender or a receiver or a close or the deadline comes") {
  run_everywhere([](Collector& seen) {
    Channel<int> a(0), b(0), c(0);
    std::optional<int> n;
    auto when_selecting = [&](auto&& act) {
      return spawn([&, id = this_id(), act] {
        while (!testing::waits_for(id, "select")) yield();
        act();
      });
    };
    int value = 4;
    {
      Fiber sender = when_selecting([&] { b.send(7); });
      seen.equal(select(receive_from(a, n), receive_from(b, n), send_to(c, value)), 1u, "b");
      seen.expect(n == 7, "value");
    }
    {
      std::optional<int> other;
      Fiber receiver = when_selecting([&] { other = c.receive(); });
      seen.equal(select(receive_from(a, n), send_to(c, value)), 1u, "c");
      receiver.join();
      seen.expect(other == 4 && !n, "sent");
    }
    {
      Fiber closer = when_selecting([&] { a.close(); });
      seen.equal(select(receive_from(b, n), receive_from(a, n)), 1u, "closed");
      seen.expect(!n, "empty");
    }
    os::Nanos deadline = os::now() + os::kMillisecond;
    seen.equal(select(receive_from(b, n), at_deadline(deadline), send_to(c, value)), 1u, "time");
    seen.expect(os::now() >= deadline, "not early");
    seen.expect(!b.try_send(1) && !c.try_receive(), "it waits nowhere any more");
  });
}

TEST_CASE("Select: a channel in several cases and two selects that meet") {
  run_everywhere([](Collector& seen) {
    Channel<int> channel(0), back(0);
    constexpr int kRounds = 100;
    Fiber other = spawn([&] {
      for (int i = 0; i < kRounds; ++i) {
        std::optional<int> n;
        int value = -i;
        if (select(receive_from(channel, n), send_to(back, value)) == 0) {
          seen.expect(n == i, "from the other select");
        }
      }
    });
    int forth = 0, came_back = 0;
    for (int i = 0; i < kRounds; ++i) {
      std::optional<int> n;
      int value = i;
      std::size_t done =
          select(send_to(channel, value), receive_from(back, n), receive_from(back, n));
      if (done == 0) {
        ++forth;
      } else {
        ++came_back;
        seen.expect(n == -i, "came back");
      }
    }
    other.join();
    seen.equal(forth + came_back, kRounds, "each round one");
  });
}

TEST_CASE("Select: of several that can be done each gets its turn") {
  run_everywhere([](Collector& seen) {
    std::array<Channel<int>, 3> channels{Channel<int>(200), Channel<int>(200), Channel<int>(200)};
    for (auto& c : channels) {
      for (int i = 0; i < 200; ++i) c.send(i);
    }
    std::array<int, 3> chosen{};
    std::optional<int> n;
    for (int i = 0; i < 150; ++i) {
      ++chosen[select(receive_from(channels[0], n), receive_from(channels[1], n),
                      receive_from(channels[2], n))];
    }
    for (int times : chosen) seen.expect(times >= 15, "starved: " + std::to_string(times));
  });
}

TEST_CASE("Select: those that cannot be done lend their chance to nobody in particular") {
  run_everywhere([](Collector& seen) {
    constexpr int kTimes = 600;
    std::vector<std::unique_ptr<Channel<int>>> channels;
    for (int i = 0; i < 8; ++i) channels.push_back(std::make_unique<Channel<int>>(kTimes));
    for (int i = 0; i < kTimes; ++i) {
      channels[0]->send(i);
      channels[1]->send(i);
    }
    std::optional<int> n;
    std::array<int, 8> chosen{};
    for (int i = 0; i < kTimes; ++i) {
      ++chosen[select(receive_from(*channels[0], n), receive_from(*channels[1], n),
                      receive_from(*channels[2], n), receive_from(*channels[3], n),
                      receive_from(*channels[4], n), receive_from(*channels[5], n),
                      receive_from(*channels[6], n), receive_from(*channels[7], n))];
    }
    // Of 600 fair tosses fewer than 220 are heads less often than once in 10^10.
    seen.expect(std::min(chosen[0], chosen[1]) >= 220, "by turns alike");
  });
}

// Everybody selects, on both sides, over the same channels, with deadlines and stops among them:
// every value that was sent is received, once.
TEST_CASE("Select: no value is lost or doubled when cases fire together") {
  run_everywhere([](Collector& seen) {
    constexpr int kSenders = 4, kReceivers = 4, kEach = 150;
    std::array<Channel<int>, 3> channels{Channel<int>(0), Channel<int>(1), Channel<int>(3)};
    Channel<int> finished(0);
    std::vector<lwp::atomic<int>> times(kSenders * kEach);
    std::vector<Fiber> senders, receivers;
    for (int r = 0; r < kReceivers; ++r) {
      receivers.push_back(spawn([&, r] {
        std::array<std::optional<int>, 3> got;
        std::optional<int> end;
        for (int turn = 0;; ++turn) {
          os::Nanos patience = turn % 5 == r ? os::now() + 30 * os::kMicrosecond : os::kNever;
          std::size_t which =
              select(receive_from(channels[0], got[0]), receive_from(channels[1], got[1]),
                     receive_from(channels[2], got[2]), receive_from(finished, end),
                     at_deadline(patience));
          if (which == 3) break;
          if (which < 3) times[static_cast<std::size_t>(*got[which])].fetch_add(1);
        }
        for (int i = 0; i < 3; ++i) {
          while (auto n = channels[static_cast<std::size_t>(i)].try_receive()) {
            times[static_cast<std::size_t>(*n)].fetch_add(1);
          }
        }
      }));
    }
    for (int s = 0; s < kSenders; ++s) {
      senders.push_back(spawn([&, s] {
        for (int i = 0; i < kEach;) {
          int value = s * kEach + i;
          std::stop_source stop;
          Fiber stopper;
          if (i % 16 == s) stopper = spawn([&] { stop.request_stop(); });
          auto token = stop.get_token();
          std::size_t which = select(send_to(channels[0], value), send_to(channels[1], value),
                                     send_to(channels[2], value), on_stop(token));
          if (which < 3) ++i;
        }
      }));
    }
    senders.clear();
    finished.close();
    receivers.clear();
    for (auto& n : times) seen.equal(n.load(), 1, "times received");
  });
}

}  // namespace
}  // namespace weft::fibers
