// SPDX-License-Identifier: BSL-1.0
#include "answer.hpp"

namespace lab {

int answer() {
  return 0;
}
int asked() {
  return 0;
}

}  // namespace lab
