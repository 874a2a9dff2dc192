// SPDX-License-Identifier: BSL-1.0
// expect: exercise.wrong-answer
// Off by one.
#include "answer.hpp"

namespace lab {
int answer() {
  return 41;
}
int asked() {
  return 2;
}
}  // namespace lab
