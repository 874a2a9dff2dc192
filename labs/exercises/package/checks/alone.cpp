// SPDX-License-Identifier: BSL-1.0
// Who yields when nobody else is ready goes on.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    bool ended = false;
    stage::create([&] {
      ended = true;
      lab::yield();
    });
    stage::yield_until(ended);
    lab::yield();  // it ends now
    stage::blame = "alone";
    lab::yield();
    lab::yield();
  });
}
