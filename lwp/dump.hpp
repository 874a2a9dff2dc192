// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/scheduler.hpp"

namespace weft::lwp {

class Line;

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

/// What a kernel thread does: "running", or "blocked in read(5, …)".
void say_doing(Line& line, const os::ThreadLook& look);

/// As Known with on_sigquit, for what has kernel threads that may be stuck and is no scheduler.
class Pictured {
 public:
  /// Writes what the threads of `what` do to `fd`. As dump(): no allocation, no lock.
  using Picture = void (*)(const void* what, int fd);

  Pictured(const void* what, Picture picture);
  ~Pictured();
  Pictured(const Pictured&) = delete;
  void show(int fd) const { picture_(what_, fd); }

 private:
  const void* const what_;
  const Picture picture_;
};

/// After a message about a deadlock: dumps `s` and ends the process with kDeadlock. What the
/// program has printed comes out last, as far as that needs no waiting.
[[noreturn]] void end_deadlocked(const Scheduler& s);

/// A broken invariant: says so, dumps what is known, aborts.
[[noreturn]] void broken(const char* what);

}  // namespace weft::lwp
