// SPDX-License-Identifier: BSL-1.0
// Three threads and the first one take turns; the third has one more than the others.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    int order = 0, without_main = 0;
    auto turn = [&](int who) {
      order = order * 10 + who;
      if (who != 4) without_main = without_main * 10 + who;
    };
    for (int who = 1; who <= 3; ++who) {
      stage::create([&turn, who] {
        for (int i = 0; i < (who == 3 ? 3 : 2); ++i) {
          turn(who);
          lab::yield();
        }
      });
    }
    for (int i = 0; i < 3; ++i) {
      lab::yield();
      turn(4);
    }
    weft::figure("order", order);
    weft::check(without_main == 1231233, "not-in-turn");
    weft::check(order == 1234123434, "main-waits");
  });
}
