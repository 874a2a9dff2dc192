// SPDX-License-Identifier: BSL-1.0
#include "fibers/stack.hpp"

#include <new>

#include "lwp/os.hpp"

namespace weft::fibers {

Stack::Stack(std::size_t bytes) : bytes_(bytes) {
  auto memory = lwp::os::map_stack(bytes);
  if (!memory) throw std::bad_alloc();
  bottom_ = static_cast<char*>(*memory);
}

Stack::~Stack() {
  lwp::os::unmap_stack(bottom_, bytes_);
}

}  // namespace weft::fibers
