// SPDX-License-Identifier: BSL-1.0
// A woken fiber may destroy the object that woke it, while its waker is still inside.
#include <memory>

#include "fibers/channel.hpp"
#include "fibers/sync.hpp"
#include "tests/catch.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using namespace testing;

constexpr int kTimes = 300;

TEST_CASE("A semaphore may be destroyed by the fiber it woke") {
  run_everywhere([](Collector&) {
    for (int i = 0; i < kTimes; ++i) {
      auto done = std::make_unique<Semaphore>(0);
      spawn([s = done.get()] { s->release(); }).detach();
      done->acquire();
    }
  });
}

TEST_CASE("A channel may be destroyed by the fiber it woke") {
  run_everywhere([](Collector& seen) {
    for (int i = 0; i < kTimes; ++i) {
      auto answer = std::make_unique<Channel<int>>(i % 2);
      spawn([c = answer.get(), i] { c->send(i); }).detach();
      seen.expect(answer->receive() == i, "what was sent");
    }
  });
}

}  // namespace
}  // namespace weft::fibers
