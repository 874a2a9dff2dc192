// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdlib>

#include "lwp/sim/explore.hpp"
#include "tests/catch.hpp"

namespace weft::testing {

/// How many preemptions the schedules of a test may have: 2, or what WEFT_PREEMPTIONS says (3 in
/// CI, which takes minutes).
inline int preemptions() {
  const char* asked = std::getenv("WEFT_PREEMPTIONS");
  return asked == nullptr ? 2 : std::atoi(asked);
}

/// No schedule within the bound fails, and all of them were tried. `most`: with more preemptions
/// there are too many.
inline void passes(const std::function<void()>& program, int most = 3) {
  using namespace lwp::sim;
  const Result result = explore(
      program,
      {.preemptions = std::min(preemptions(), most), .runs = 100'000'000, .time = 600'000'000'000});
  INFO("runs " << result.runs << ", steps " << result.most_steps);
  if (result.failure) {
    INFO(result.failure->what << ", replay " << token(result.schedule));
    for (const auto& step : result.failure->story) {
      UNSCOPED_INFO(result.failure->names[static_cast<std::size_t>(step.thread)]
                    << "  " << step.file << ":" << step.line << "  " << step.operation);
    }
    FAIL();
  }
  CHECK(result.exhaustive);
}

}  // namespace weft::testing
