// SPDX-License-Identifier: BSL-1.0
// What a compiler calls in code that it was asked to instrument (-fsanitize=thread): of each access
// to memory, each atomic operation and each function. Its own runtime would look for data races of
// kernel threads; here fibers race, in the simulated world. The names and what they mean are those
// of LLVM's and GCC's ThreadSanitizer (tsan_interface.h).
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <malloc.h>

#include "lwp/sim/point.hpp"

namespace {

namespace sim = weft::lwp::sim;
using sim::Access;

// ---- an atomic operation: a point, and what its order says --------------------------------------

bool acquires(int order) {
  return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}
bool releases(int order) {
  return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

// One kernel thread runs everything, so the operation itself can be a plain one.
template <class T>
T load(const volatile T* at, int order, const void* by) {
  const void* object = const_cast<const T*>(at);
  sim::point(object, Access::read, "load", by);
  sim::order(object, acquires(order), false);
  return *at;
}
template <class T>
void store(volatile T* at, T value, int order, const void* by) {
  const void* object = const_cast<T*>(at);
  sim::point(object, Access::write, "store", by);
  sim::order(object, false, releases(order));
  *at = value;
}
template <class T, class F>
T change(volatile T* at, int order, const char* operation, const void* by, F&& f) {
  const void* object = const_cast<T*>(at);
  sim::point(object, Access::write, operation, by);
  sim::order(object, acquires(order), releases(order));
  const T before = *at;
  *at = static_cast<T>(f(before));
  return before;
}
template <class T>
bool compare_exchange(volatile T* at, T* expected, T wanted, int order, const void* by) {
  const T before = change(at, order, "compare exchange", by,
                          [&](T now) { return now == *expected ? wanted : now; });
  const bool done = before == *expected;
  if (!done) *expected = before;
  return done;
}

}  // namespace

#define WEFT_BY __builtin_return_address(0)

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void* from) {
  sim::enter(from);
}
void __tsan_func_exit(void*) {
  sim::leave();
}

// ---- plain memory -------------------------------------------------------------------------------

#define WEFT_PLAIN(bytes)                                 \
  void __tsan_read##bytes(void* at) {                     \
    sim::touch(at, bytes, Access::read, WEFT_BY);         \
  }                                                       \
  void __tsan_write##bytes(void* at) {                    \
    sim::touch(at, bytes, Access::write, WEFT_BY);        \
  }                                                       \
  void __tsan_read_write##bytes(void* at) {               \
    sim::touch(at, bytes, Access::write, WEFT_BY);        \
  }                                                       \
  void __tsan_volatile_read##bytes(void* at) {            \
    sim::touch(at, bytes, Access::read, WEFT_BY);         \
  }                                                       \
  void __tsan_volatile_write##bytes(void* at) {           \
    sim::touch(at, bytes, Access::write, WEFT_BY);        \
  }                                                       \
  void __tsan_unaligned_read##bytes(void* at) {           \
    sim::touch(at, bytes, Access::read, WEFT_BY);         \
  }                                                       \
  void __tsan_unaligned_write##bytes(void* at) {          \
    sim::touch(at, bytes, Access::write, WEFT_BY);        \
  }                                                       \
  void __tsan_unaligned_read_write##bytes(void* at) {     \
    sim::touch(at, bytes, Access::write, WEFT_BY);        \
  }                                                       \
  void __tsan_unaligned_volatile_read##bytes(void* at) {  \
    sim::touch(at, bytes, Access::read, WEFT_BY);         \
  }                                                       \
  void __tsan_unaligned_volatile_write##bytes(void* at) { \
    sim::touch(at, bytes, Access::write, WEFT_BY);        \
  }

WEFT_PLAIN(1)
WEFT_PLAIN(2)
WEFT_PLAIN(4)
WEFT_PLAIN(8)
WEFT_PLAIN(16)

void __tsan_read_range(void* at, unsigned long bytes) {
  sim::touch(at, bytes, Access::read, WEFT_BY);
}
void __tsan_write_range(void* at, unsigned long bytes) {
  sim::touch(at, bytes, Access::write, WEFT_BY);
}
// An object's table of virtual functions: each constructor of its classes writes it.
void __tsan_vptr_read(void** at) {
  sim::touch(at, sizeof *at, Access::read, WEFT_BY);
}
void __tsan_vptr_update(void** at, void* table) {
  if (*at != table) sim::touch(at, sizeof *at, Access::write, WEFT_BY);
}
void* __tsan_memcpy(void* to, const void* from, unsigned long bytes) {
  sim::touch(from, bytes, Access::read, WEFT_BY);
  sim::touch(to, bytes, Access::write, WEFT_BY);
  return std::memcpy(to, from, bytes);
}
void* __tsan_memmove(void* to, const void* from, unsigned long bytes) {
  sim::touch(from, bytes, Access::read, WEFT_BY);
  sim::touch(to, bytes, Access::write, WEFT_BY);
  return std::memmove(to, from, bytes);
}
void* __tsan_memset(void* to, int value, unsigned long bytes) {
  sim::touch(to, bytes, Access::write, WEFT_BY);
  return std::memset(to, value, bytes);
}

// ---- std::atomic --------------------------------------------------------------------------------

#define WEFT_ATOMIC(bits, type)                                                                   \
  type __tsan_atomic##bits##_load(const volatile type* at, int order) {                           \
    return load(at, order, WEFT_BY);                                                              \
  }                                                                                               \
  void __tsan_atomic##bits##_store(volatile type* at, type value, int order) {                    \
    store(at, value, order, WEFT_BY);                                                             \
  }                                                                                               \
  type __tsan_atomic##bits##_exchange(volatile type* at, type value, int order) {                 \
    return change(at, order, "exchange", WEFT_BY, [=](type) { return value; });                   \
  }                                                                                               \
  type __tsan_atomic##bits##_fetch_add(volatile type* at, type by, int order) {                   \
    return change(at, order, "add", WEFT_BY, [=](type now) { return now + by; });                 \
  }                                                                                               \
  type __tsan_atomic##bits##_fetch_sub(volatile type* at, type by, int order) {                   \
    return change(at, order, "subtract", WEFT_BY, [=](type now) { return now - by; });            \
  }                                                                                               \
  type __tsan_atomic##bits##_fetch_and(volatile type* at, type by, int order) {                   \
    return change(at, order, "and", WEFT_BY, [=](type now) { return now & by; });                 \
  }                                                                                               \
  type __tsan_atomic##bits##_fetch_or(volatile type* at, type by, int order) {                    \
    return change(at, order, "or", WEFT_BY, [=](type now) { return now | by; });                  \
  }                                                                                               \
  type __tsan_atomic##bits##_fetch_xor(volatile type* at, type by, int order) {                   \
    return change(at, order, "xor", WEFT_BY, [=](type now) { return now ^ by; });                 \
  }                                                                                               \
  type __tsan_atomic##bits##_fetch_nand(volatile type* at, type by, int order) {                  \
    return change(at, order, "nand", WEFT_BY, [=](type now) { return ~(now & by); });             \
  }                                                                                               \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile type* at, type* expected,            \
                                                    type wanted, int order, int) {                \
    return compare_exchange(at, expected, wanted, order, WEFT_BY);                                \
  }                                                                                               \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile type* at, type* expected, type wanted, \
                                                  int order, int) {                               \
    return compare_exchange(at, expected, wanted, order, WEFT_BY);                                \
  }                                                                                               \
  type __tsan_atomic##bits##_compare_exchange_val(volatile type* at, type expected, type wanted,  \
                                                  int order, int) {                               \
    compare_exchange(at, &expected, wanted, order, WEFT_BY);                                      \
    return expected;                                                                              \
  }

WEFT_ATOMIC(8, std::uint8_t)
WEFT_ATOMIC(16, std::uint16_t)
WEFT_ATOMIC(32, std::uint32_t)
WEFT_ATOMIC(64, std::uint64_t)
__extension__ using Wide = unsigned __int128;
WEFT_ATOMIC(128, Wide)

// Steps follow each other in one order, so there is nothing to fence.
void __tsan_atomic_thread_fence(int) {}
void __tsan_atomic_signal_fence(int) {}

// ---- what C++ does by itself --------------------------------------------------------------------

// A static variable of a function is made once, and whoever comes later is behind that (Itanium C++
// ABI, 3.3.3). The guard's first byte says that it is made, the second that somebody is at it.
int __cxa_guard_acquire(std::uint64_t* guard) {
  auto* bytes = reinterpret_cast<volatile std::uint8_t*>(guard);
  while (bytes[0] == 0 && bytes[1] != 0) {
    if (!sim::running()) std::abort();  // its making needs it
    const std::function<bool()> settled = [=] { return bytes[0] != 0 || bytes[1] == 0; };
    sim::wait_until(settled, INT64_MAX, "waits for a static variable", guard);
  }
  sim::order(guard, true, false);
  if (bytes[0] != 0) return 0;
  bytes[1] = 1;
  return 1;
}
void __cxa_guard_release(std::uint64_t* guard) {
  auto* bytes = reinterpret_cast<volatile std::uint8_t*>(guard);
  bytes[0] = 1;
  bytes[1] = 0;
  sim::order(guard, false, true);
}
void __cxa_guard_abort(std::uint64_t* guard) {
  reinterpret_cast<volatile std::uint8_t*>(guard)[1] = 0;
}

// What is given back may be taken again by somebody else. glibc's own are behind these names.
void __libc_free(void* block);
void* __libc_realloc(void* block, std::size_t bytes);
void free(void* block) {
  if (block != nullptr) sim::forget(block, ::malloc_usable_size(block));
  __libc_free(block);
}
void* realloc(void* block, std::size_t bytes) {
  if (block != nullptr) sim::forget(block, ::malloc_usable_size(block));
  return __libc_realloc(block, bytes);
}

}  // extern "C"
