// SPDX-License-Identifier: BSL-1.0
// The call is done before its caller parks, or after, or in between.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler(false);
  const long got = lab::run_blocking([] {
    check(weft::lwp::current()->running.peek() == nullptr, "on-the-lwp");
    return 42L;
  });
  check(got == 42, "wrong-result");
}
