// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/scheduler.hpp"

namespace weft::lwp {

/// Writes every LWP and every task of `s` to `fd`, in the manner of ps. Callable from any thread at
/// any time, even while every LWP is stuck: no allocation, no lock. The picture is not one instant.
void dump(const Scheduler& s, int fd);

/// Makes a scheduler known while it lives: to broken(), to WEFT_SCHEDTRACE (lwp/schedtrace.hpp), to
/// debuggers (fibers/gdb/). With `on_sigquit` all that are known are dumped to standard error on
/// SIGQUIT (Ctrl-\), from a thread of its own: SIGQUIT is blocked in the thread that makes the
/// first one and in threads it makes later.
class Known {
 public:
  Known(const Scheduler& s, bool on_sigquit);
  ~Known();
  Known(const Known&) = delete;

 private:
  const Scheduler& scheduler_;
};

/// Calls `visit` for each known scheduler, which lives until it returns. No allocation, no lock.
/// Returns how many there were.
int each_known(void (*visit)(const Scheduler&, void*), void* context);

/// A broken invariant: says so, dumps what is known, aborts.
[[noreturn]] void broken(const char* what);

}  // namespace weft::lwp
