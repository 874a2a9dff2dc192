// SPDX-License-Identifier: BSL-1.0
// ThreadSanitizer's view of fibers (lwp/sanitizer.hpp), by a program with a race in it.
#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using Catch::Matchers::Contains;
using weft::testing::Child;

TEST_CASE("A race between two fibers of one LWP loses counts and is seen by ThreadSanitizer") {
  // Its exit code says that it has found something; its options may come from outside.
  Child bare("race", "bare", "TSAN_OPTIONS=exitcode=66 exec ");
  int code = bare.end();
  INFO(bare.output());
  CHECK_THAT(bare.output(), Contains("fewer\n"));
  if (testing::kTsan) {
    CHECK(code == 66);
    CHECK_THAT(bare.output(), Contains("WARNING: ThreadSanitizer: data race"));
    CHECK_THAT(bare.output(), Contains("race_program.cpp"));
  } else {
    CHECK(code == 0);
  }
}

TEST_CASE("With a mutex between the fibers ThreadSanitizer is silent") {
  Child guarded("race", "mutex", "TSAN_OPTIONS=exitcode=66 exec ");
  CHECK(guarded.end() == 0);
  CHECK(guarded.output() == "20\n");
}

}  // namespace
}  // namespace weft::fibers
