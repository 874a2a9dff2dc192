// SPDX-License-Identifier: BSL-1.0
// Small helpers shared by os/*.cpp; nobody else includes this.
#pragma once

#include <cerrno>
#include <ctime>
#include <utility>

#include "lwp/os.hpp"
#include "lwp/sanitizer.hpp"
#ifdef WEFT_SIM
#include "lwp/sim/point.hpp"
#endif

namespace weft::lwp::os {

constexpr int kMadvGuardInstall = 102;  ///< Linux 6.13; older headers do not name it

/// Repeats a system call while a signal interrupts it.
template <class Call>
auto retry(Call&& call) {
  decltype(call()) result;
  do result = call();
  while (result == -1 && errno == EINTR);
  return result;
}

/// How much of `memory` a call moves: the kernel may do less than it is asked for, and in the
/// simulated world sometimes does.
template <class Bytes>
Bytes some_of(Bytes memory) {
#ifdef WEFT_SIM
  if (memory.size() > 1 && sim::fault("moves one byte only")) return memory.first(1);
#endif
  return memory;
}

/// A system call's answer as a Result.
template <class T, class N>
Result<T> answer(N result) {
  return result < 0 ? Result<T>::failure(errno) : Result<T>(static_cast<T>(result));
}
/// Of a call that moved bytes from or to this memory.
inline Result<std::size_t> moved(std::span<const std::byte> memory, ssize_t n) {
  if (n < 0 && errno == EFAULT) [[unlikely]]
    refused_by_kernel(memory.data(), memory.size());
  return answer<std::size_t>(n);
}
template <class N>
Result<void> done(N result) {
  return result < 0 ? Result<void>::failure(errno) : Result<void>();
}

/// For calls that the runtime makes behind a fiber's back, in core: its errno is its own.
class KeepErrno {
 public:
  KeepErrno() : saved_(get()) {}
  ~KeepErrno() { set(saved_); }
  KeepErrno(const KeepErrno&) = delete;

 private:
  // Out of TSan's sight: the fibers of an LWP share its errno by turns.
  WEFT_NO_TSAN static int get() { return errno; }
  WEFT_NO_TSAN static void set(int error) { errno = error; }
  const int saved_;
};

/// While one lives, no interrupt stops this thread: it holds what others spin for.
class NoInterrupt {
 public:
  NoInterrupt();
  ~NoInterrupt();
  NoInterrupt(const NoInterrupt&) = delete;

 private:
  bool blocked_ = false;
};

inline timespec to_timespec(Nanos t) {
  if (t < 0) t = 0;
  return {static_cast<time_t>(t / kSecond), static_cast<long>(t % kSecond)};
}

}  // namespace weft::lwp::os
