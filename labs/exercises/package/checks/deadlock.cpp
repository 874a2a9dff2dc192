// SPDX-License-Identifier: BSL-1.0
// Two threads wait for each other, and the first one has ended.
#include "stage.hpp"

void program() {
  bool waited = true;
  stage::deadlock_is_right = true;
  stage::blame = "deadlock-unseen";
  stage::run([&] {
    lab::start();
    lab::Thread* one = nullptr;
    lab::Thread* two = nullptr;
    auto join = [&](lab::Thread*& other) {
      lab::join(other);
      waited = false;
    };
    one = stage::create([&] { join(two); });
    two = stage::create([&] { join(one); });
    lab::exit();
    weft::check(false, "exit-returns");
  });
  weft::check(waited, "returns-early");
}
