// SPDX-License-Identifier: BSL-1.0
// Counts what each thread allocates with operator new, so that the supervisor of policies sees an
// allocation inside one. A file's policy calls this program's operator new, too. A sanitizer has an
// operator new of its own, so not there.
#include "labs/policy/allocations.hpp"

#include <cstdlib>
#include <new>

#include "lwp/policy_check.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {
thread_local std::uint64_t allocated = 0;
}

void* operator new(std::size_t bytes) {
  ++allocated;
  while (true) {
    if (void* at = std::malloc(bytes == 0 ? 1 : bytes)) return at;
    std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void operator delete(void* at) noexcept {
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}

namespace weft::labs {
void count_allocations() {
  lwp::count_allocations_by([] { return allocated; });
}
}  // namespace weft::labs
#else
namespace weft::labs {
void count_allocations() {}
}  // namespace weft::labs
#endif
