// SPDX-License-Identifier: BSL-1.0
// operator new and delete, for this program and the libraries it loads: of the explored program's
// own blocks it is kept who took them, so that a leak is told with its line.
#include "lwp/sim/heap.hpp"

#include <array>
#include <cstdlib>
#include <new>

#include "lwp/sim/point.hpp"

namespace {

namespace sim = weft::lwp::sim;

// An array, because what keeps account of the heap takes nothing from it.
struct Initial {
  std::array<std::span<std::byte>, 4096> blocks;
  std::size_t count = 0;
  bool loading = false;

  void add(void* block, std::size_t bytes) {
    if (count < blocks.size()) blocks[count++] = {static_cast<std::byte*>(block), bytes};
  }
  bool has(const void* block) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (blocks[i].data() == block) return true;
    }
    return false;
  }
};
constinit Initial initial;

void* noted(void* block, std::size_t bytes, const void* by) {
  if (block == nullptr) return block;
  if (initial.loading) [[unlikely]] {
    initial.add(block, bytes);
  } else if (sim::by_program(by)) {
    sim::took(block, bytes, by);
  }
  return block;
}
void* take(std::size_t bytes, const void* by) {
  return noted(std::malloc(bytes == 0 ? 1 : bytes), bytes, by);
}
void* take_aligned(std::size_t bytes, std::align_val_t alignment, const void* by) {
  const auto a = static_cast<std::size_t>(alignment);
  return noted(std::aligned_alloc(a, (bytes + a - 1) / a * a), bytes, by);
}
void give_back(void* block) {
  if (block == nullptr) return;
  if (initial.count > 0 && initial.has(block)) return;
  sim::gave_back(block);
  std::free(block);
}
void* or_throw(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

namespace weft::lwp::sim {

Loading::Loading() {
  initial.loading = true;
}
Loading::~Loading() {
  initial.loading = false;
}
std::vector<std::span<std::byte>> initial_blocks() {
  return {initial.blocks.begin(), initial.blocks.begin() + static_cast<long>(initial.count)};
}

}  // namespace weft::lwp::sim

#define WEFT_BY __builtin_return_address(0)

void* operator new(std::size_t n) {
  return or_throw(take(n, WEFT_BY));
}
void* operator new[](std::size_t n) {
  return or_throw(take(n, WEFT_BY));
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return take(n, WEFT_BY);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
  return take(n, WEFT_BY);
}
void* operator new(std::size_t n, std::align_val_t a) {
  return or_throw(take_aligned(n, a, WEFT_BY));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return or_throw(take_aligned(n, a, WEFT_BY));
}
void operator delete(void* block) noexcept {
  give_back(block);
}
void operator delete[](void* block) noexcept {
  give_back(block);
}
void operator delete(void* block, std::size_t) noexcept {
  give_back(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  give_back(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  give_back(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  give_back(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  give_back(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  give_back(block);
}
