// SPDX-License-Identifier: BSL-1.0
// A clock moved by hand and those who sleep until an alarm rings.
#include "lwp/os.hpp"
#include "tests/catch.hpp"

namespace weft::lwp {
namespace {

TEST_CASE("ManualClock: alarms ring when the clock is moved past them and not before") {
  os::ManualClock clock(5 * os::kSecond);
  os::Poller poller;
  os::Alarm early, late, disarmed;
  for (os::Alarm* a : {&early, &late, &disarmed}) {
    REQUIRE(poller.add(a->fd(), os::kReadable, os::Poller::Trigger::edge, a));
    a->set(7 * os::kSecond);
  }
  late.set(9 * os::kSecond);
  disarmed.set(os::kNever);
  std::array<os::Poller::Ready, 4> ready;
  CHECK(poller.wait(ready, 0) == 0);
  clock.advance(2 * os::kSecond - 1);
  CHECK(poller.wait(ready, 0) == 0);
  clock.advance(1);
  REQUIRE(poller.wait(ready, 0) == 1);
  CHECK(ready[0].tag == &early);
  early.set(os::kNever);
  {
    os::Thread other("other", [&] { clock.advance(2 * os::kSecond); });
    REQUIRE(poller.wait(ready, os::kNever) == 1);  // asleep, perhaps, when the clock is moved
    CHECK(ready[0].tag == &late);
  }
  disarmed.set(os::now());  // in the past already
  CHECK(poller.wait(ready, 0) == 1);
}

}  // namespace
}  // namespace weft::lwp
