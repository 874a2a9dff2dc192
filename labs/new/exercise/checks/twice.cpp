// SPDX-License-Identifier: BSL-1.0
#include "answer.hpp"
#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"

void program() {
  auto one = weft::fibers::spawn({.name = "one"}, [] { lab::answer(); });
  auto two = weft::fibers::spawn({.name = "two"}, [] { lab::answer(); });
  one.join();
  two.join();
  weft::check(lab::asked() == 2, "lost");
}
