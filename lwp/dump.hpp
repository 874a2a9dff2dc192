// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/scheduler.hpp"

namespace weft::lwp {

/// Writes every LWP and every task of `s` to `fd`, in the manner of ps. Callable from any thread at
/// any time, even while every LWP is stuck: no allocation, no lock. The picture is not one instant.
void dump(const Scheduler& s, int fd);

/// Prints dumps of all watched schedulers to standard error on SIGQUIT (Ctrl-\), from a thread of
/// its own. Blocks SIGQUIT in the thread that makes the first one and in threads it makes later.
class Watched {
 public:
  explicit Watched(const Scheduler& s);
  ~Watched();
  Watched(const Watched&) = delete;

 private:
  const Scheduler& scheduler_;
};

/// A broken invariant: says so, dumps what is watched, aborts.
[[noreturn]] void broken(const char* what);

}  // namespace weft::lwp
