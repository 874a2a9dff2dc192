// SPDX-License-Identifier: BSL-1.0
// A clock moved by hand once, from outside, while nobody is awake to look at it.
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

// Threads of this process that sleep in an epoll set.
int polling() {
  int n = 0;
  os::each_thread(
      [](int id, std::string_view, void* n) {
        const char* call = os::look_at_thread(id).call;
        if (call != nullptr && std::string_view(call).starts_with("epoll")) ++*static_cast<int*>(n);
      },
      &n);
  return n;
}

TEST_CASE("A clock moved by hand wakes LWPs that all sleep") {
  os::ManualClock clock;
  const os::Nanos deadline = os::now() + 3600 * os::kSecond;
  lwp::atomic<bool> begun{false};
  os::Thread mover("mover", [&] {
    while (!begun.load()) os::yield_cpu();
    // Where the kernel does not tell, whoever goes to sleep only later finds the clock moved.
    while (os::has(os::Feature::proc_syscall) && polling() < 2) os::yield_cpu();
    clock.advance(3600 * os::kSecond);
  });
  testing::run_under({.mapping = Mapping::many_to_many, .lwps = 2}, [&](testing::Collector& seen) {
    begun.store(true);
    sleep_until(deadline);
    seen.expect(os::now() >= deadline, "early");
  });
}

}  // namespace
}  // namespace weft::fibers
