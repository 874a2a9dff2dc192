// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/random.hpp"

#include <cstdlib>
#include <sys/random.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  // So few bytes come whole, as every kernel since Linux 3.17 has them.
  if (retry([&] { return ::getrandom(&number, sizeof number, 0); }) != sizeof number) std::abort();
  return number;
}

}  // namespace weft::lwp::os
