// SPDX-License-Identifier: BSL-1.0
// What the compiler and the C++ runtime keep for a kernel thread must be a fiber's own.
#include <cerrno>
#include <cfenv>
#include <stdexcept>

#include "fibers/channel.hpp"
#include "fibers/sync.hpp"
#include "lwp/opaque.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

TEST_CASE("Two fibers that wait inside catch keep their own exceptions") {
  run_everywhere([](Collector& seen) {
    std::vector<Fiber> fibers;
    for (int k = 0; k < 8; ++k) {
      fibers.push_back(spawn([&seen, k] {
        for (int round = 0; round < 20; ++round) {
          std::string mine = std::to_string(k) + "/" + std::to_string(round);
          try {
            try {
              throw std::runtime_error(mine);
            } catch (const std::runtime_error&) {
              yield();
              sleep_for(1);
              seen.equal(std::uncaught_exceptions(), 0, "none is in flight");
              throw;
            }
          } catch (const std::runtime_error& e) {
            seen.expect(e.what() == mine, "mine is " + mine + ", got " + e.what());
            seen.expect(bool(std::current_exception()), "still handled");
          }
          seen.expect(!std::current_exception(), "handled no more");
        }
      }));
    }
  });
}

// On the bodies' level: a destructor that parks during unwinding.
TEST_CASE("A fiber may wait in a destructor while an exception passes by") {
  run_everywhere([](Collector& seen) {
    struct Parks {
      Collector& seen;
      ~Parks() {
        seen.equal(std::uncaught_exceptions(), 1, "ours is in flight");
        sleep_for(10 * os::kMicrosecond);
        yield();
        seen.equal(std::uncaught_exceptions(), 1, "ours is in flight, after a wait");
      }
    };
    std::vector<Fiber> fibers;
    for (int k = 0; k < 4; ++k) {
      fibers.push_back(spawn([&seen, k] {
        try {
          Parks parks{seen};
          throw k;
        } catch (int caught) {
          seen.equal(caught, k, "own exception");
        }
        seen.equal(std::uncaught_exceptions(), 0, "none left");
      }));
    }
  });
}

// Opaque, as a function of another file would be: of one it can see the compiler knows that it
// computes an address and nothing else, and would remember that across a switch.
WEFT_OPAQUE int& own_errno() {
  return errno;
}

TEST_CASE("errno is a fiber's own, across switches and LWPs") {
  if (testing::kTsan) return;  // its runtime itself writes errno between our lines
  run_everywhere([](Collector& seen) {
    std::vector<Fiber> fibers;
    for (int k = 1; k <= 8; ++k) {
      fibers.push_back(spawn([&seen, k] {
        for (int round = 0; round < 200; ++round) {
          own_errno() = k;
          yield();
          int found = own_errno();
          seen.equal(found, k, "errno");
        }
      }));
    }
  });
}

TEST_CASE("A fiber knows its LWP and itself after it has moved") {
  run_everywhere([](Collector& seen) {
    std::vector<Fiber> fibers;
    for (int k = 0; k < 8; ++k) {
      fibers.push_back(spawn({"f" + std::to_string(k)}, [&seen, k] {
        std::uint64_t id = this_id();
        for (int i = 0; i < 300; ++i) {
          yield();
          seen.equal(this_id(), id, "own number");
          lwp::Lwp& l = *lwp::current();
          // Under TSan an LWP's fibers are threads of their own to it, so ask the kernel.
          seen.equal(l.thread_id.load(lwp::memory_order_relaxed), os::thread_id(),
                     "the LWP is the kernel thread that runs");
        }
        seen.expect(this_name() == "f" + std::to_string(k), "own name");
      }));
    }
  });
}

#ifdef __x86_64__
TEST_CASE("Every LWP has the sticky floating-point flags set, so that a switch stays cheap") {
  run_everywhere([](Collector& seen) {
    std::vector<Fiber> fibers;
    for (int k = 0; k < 8; ++k) {
      fibers.push_back(spawn([&seen] {
        for (int i = 0; i < 10; ++i) {
          // fetestexcept also looks at MXCSR, whose flags the switch compares.
          seen.expect(fetestexcept(FE_INEXACT | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW |
                                   FE_INVALID) == FE_ALL_EXCEPT,
                      "all sticky flags");
          yield();
        }
      }));
    }
  });
}
#endif

}  // namespace
}  // namespace weft::fibers
