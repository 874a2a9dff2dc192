// SPDX-License-Identifier: BSL-1.0
// A thread makes threads and joins them, while it is joined itself.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    int sum = 0;
    bool waited = true;
    auto* parent = stage::create([&] {
      auto* left = stage::create([&] {
        auto* grandchild = stage::create([&] {
          lab::yield();
          sum += 1;
        });
        lab::join(grandchild);
        sum += 10;
      });
      auto* right = stage::create([&] { sum += 100; });
      lab::join(left);
      waited = sum == 111;
      lab::join(right);
    });
    stage::blame = "lost-in-the-family";
    lab::join(parent);
    weft::check(waited && sum == 111, "lost-in-the-family");
  });
}
