// SPDX-License-Identifier: BSL-1.0
#include "answer.hpp"

#include "fibers/explore.hpp"

void program() {
  weft::figure("answer", lab::answer());
  weft::check(lab::answer() == 42, "wrong-answer");
}
