// SPDX-License-Identifier: BSL-1.0
// What needs the kernel and what does not.
#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

TEST_CASE("The shared table of fibers and its lock need no system call while nobody contends") {
  if (testing::kSanitized) return;  // which make calls of their own
  for (const char* lwps : {"1", "2"}) {
    weft::testing::Child child("syscalls", lwps);
    int code = child.end();
    INFO(lwps << " LWPs\n" << child.output());
    if (child.output().find("no filter") != std::string::npos) {
      WARN("SKIPPED: needs seccomp");
      return;
    }
    CHECK(code == 0);
    CHECK(child.output() == "calls 0\nlast 0\nthen 1\n");
  }
}

}  // namespace
}  // namespace weft::fibers
