// SPDX-License-Identifier: BSL-1.0
// Ends as its argument says, after a note: for what a recorded program says last.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"
#include "fibers/trace.hpp"

int main(int, char** arguments) {
  const std::string_view how = arguments[1];
  weft::fibers::Runtime runtime({.mapping = weft::fibers::Mapping::many_to_one});
  runtime.run([how] {
    weft::fibers::note("the last");
    if (how == "crash") *static_cast<volatile int*>(nullptr) = 1;
    if (how == "abort") std::abort();
    weft::fibers::Semaphore never(0);
    if (how == "quit" || how == "killed") {
      std::puts("waiting");
      std::fflush(stdout);
      weft::fibers::sleep_for(60 * weft::lwp::os::kSecond);
    }
    never.acquire();
  });
}
