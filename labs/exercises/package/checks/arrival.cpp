// SPDX-License-Identifier: BSL-1.0
// The next one after a detached thread is new: it has never left, so it does not come back.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    const int before = stage::alive;
    int seen = -1;
    lab::detach(stage::create([] {}));
    auto* fresh = stage::create([&] { seen = stage::alive - before; });
    lab::join(fresh);
    weft::figure("alive", seen);
    weft::check(seen == 1, "not-on-arrival");
  });
}
