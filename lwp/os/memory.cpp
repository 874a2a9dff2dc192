// SPDX-License-Identifier: BSL-1.0
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"
#include "lwp/os/stacks.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace weft::lwp::os {
namespace {

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + page_size() - 1) / page_size() * page_size();
}

}  // namespace

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

Result<void*> map_stack(std::size_t bytes) {
  std::size_t guard = page_size(), all = whole_pages(bytes) + guard;
  void* low = ::mmap(nullptr, all, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (low == MAP_FAILED) return Result<void*>::failure(errno);
  ::madvise(low, all, MADV_NOHUGEPAGE);  // a huge page would make each stack cost 2 MiB
  bool guarded = has(Feature::guard_install) && ::madvise(low, guard, kMadvGuardInstall) == 0;
  if (!guarded && ::mprotect(low, guard, PROT_NONE) != 0) {
    int error = errno;
    ::munmap(low, all);
    return Result<void*>::failure(error);
  }
  return Result<void*>(static_cast<char*>(low) + guard);
}

void forget_frames([[maybe_unused]] void* stack, [[maybe_unused]] std::size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(stack, whole_pages(bytes));
#endif
}

void unmap_stack(void* stack, std::size_t bytes) {
  forget_frames(stack, bytes);
  ::munmap(static_cast<char*>(stack) - page_size(), whole_pages(bytes) + page_size());
}

std::span<const std::byte> own_stack() {
  pthread_attr_t attributes;
  if (thread_id() == ::getpid() || ::pthread_getattr_np(::pthread_self(), &attributes) != 0) {
    return {};
  }
  void* low = nullptr;
  std::size_t bytes = 0;
  ::pthread_attr_getstack(&attributes, &low, &bytes);
  ::pthread_attr_destroy(&attributes);
  return {static_cast<const std::byte*>(low), bytes};
}

}  // namespace weft::lwp::os
