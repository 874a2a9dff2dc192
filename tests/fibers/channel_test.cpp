// SPDX-License-Identifier: BSL-1.0
#include "fibers/channel.hpp"

#include <memory>

#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

TEST_CASE("Channel: with capacity 0 a send returns once its value was received") {
  run_everywhere([](Collector& seen) {
    Channel<int> channel(0);
    lwp::atomic<int> received{0}, sent{0};
    Fiber sender = spawn([&] {
      for (int i = 1; i <= 50; ++i) {
        seen.expect(channel.send(i), "sent");
        seen.expect(received.load() >= i - 1, "a rendezvous");
        sent.store(i);
      }
    });
    for (int i = 1; i <= 50; ++i) {
      seen.expect(sent.load() <= i - 1, "a send cannot return before its receive");
      auto value = channel.receive();
      seen.expect(value == i, "in order");
      received.store(i);
    }
    sender.join();
    seen.expect(!channel.try_send(1), "nobody receives");
    seen.expect(!channel.try_receive(), "nobody sends");
  });
}

TEST_CASE("Channel: buffered sends wait only when it is full, values come in order") {
  run_everywhere([](Collector& seen) {
    Channel<int> channel(3);
    seen.expect(channel.try_send(1) && channel.try_send(2) && channel.send(3), "room for three");
    seen.expect(!channel.try_send(4), "full");
    seen.equal(channel.size(), 3u, "size");
    Fiber late = spawn([&] {
      for (int i = 4; i <= 100; ++i) channel.send(i);
      channel.close();
    });
    int expected = 1;
    while (auto value = channel.receive()) seen.equal(*value, expected++, "order");
    seen.equal(expected, 101, "all");
    seen.expect(!channel.receive() && !channel.send(0) && !channel.try_send(0), "closed for good");
  });
}

TEST_CASE("Channel: close ends the waits of senders and receivers, what is inside still comes") {
  run_everywhere([](Collector& seen) {
    Channel<int> empty(0), full(2);
    full.send(1);
    full.send(2);
    std::vector<Fiber> fibers;
    lwp::atomic<int> refused{0}, ended{0};
    for (int i = 0; i < 3; ++i) {
      fibers.push_back(spawn([&] {
        if (!empty.receive()) ended.fetch_add(1);
      }));
      fibers.push_back(spawn([&] {
        if (!full.send(9)) refused.fetch_add(1);
      }));
    }
    for (auto& f : fibers) {
      while (!testing::waits_for(f.id(), "channel receive") &&
             !testing::waits_for(f.id(), "channel send")) {
        yield();
      }
    }
    empty.close();
    full.close();
    full.close();  // again, for nothing
    fibers.clear();
    seen.equal(ended.load(), 3, "receivers");
    seen.equal(refused.load(), 3, "senders");
    seen.expect(full.receive() == 1 && full.receive() == 2 && !full.receive(), "what was inside");
  });
}

TEST_CASE("Channel: many senders and receivers, each value once, each sender's in order") {
  run_everywhere([](Collector& seen) {
    for (std::size_t capacity : {0u, 1u, 7u}) {
      constexpr int kSenders = 4, kReceivers = 3, kEach = 200;
      Channel<std::pair<int, int>> channel(capacity);
      lwp::atomic<int> count{0};
      lwp::atomic<long> sum{0};
      std::vector<Fiber> senders, receivers;
      for (int r = 0; r < kReceivers; ++r) {
        receivers.push_back(spawn([&] {
          int last[kSenders] = {};
          while (auto value = channel.receive()) {
            auto [from, i] = *value;
            seen.expect(i > last[from], "a sender's values come in its order");
            last[from] = i;
            count.fetch_add(1);
            sum.fetch_add(i);
          }
        }));
      }
      for (int s = 0; s < kSenders; ++s) {
        senders.push_back(spawn([&, s] {
          for (int i = 1; i <= kEach; ++i) channel.send({s, i});
        }));
      }
      senders.clear();
      channel.close();
      receivers.clear();
      seen.equal(count.load(), kSenders * kEach, "count");
      seen.equal(sum.load(), long{kSenders} * kEach * (kEach + 1) / 2, "sum");
    }
  });
}

TEST_CASE("Channel: values are moved, and destroyed once") {
  run_everywhere([](Collector& seen) {
    auto counted = std::make_shared<int>(0);
    {
      Channel<std::unique_ptr<std::shared_ptr<int>>> channel(2);
      auto make = [&] { return std::make_unique<std::shared_ptr<int>>(counted); };
      Fiber receiver = spawn([&] {
        for (int i = 0; i < 4; ++i) {
          auto value = channel.receive();
          seen.expect(value && **value == counted, "arrives");
        }
      });
      for (int i = 0; i < 5; ++i) channel.send(make());
      receiver.join();
      channel.send(make());  // left inside
    }
    seen.equal(counted.use_count(), 1L, "none is left");
  });
}

}  // namespace
}  // namespace weft::fibers
