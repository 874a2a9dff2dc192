// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/pool.hpp"

namespace weft::lwp {

/// While one lives, an interrupt of the calling LWP waits: for what it does outside core with a
/// lock that whoever gives it its permit back needs, too.
class Pool::Uninterrupted {
 public:
  explicit Uninterrupted(Lwp& l) : lwp_(l) {
    l.uninterruptible.store(l.uninterruptible.load(memory_order_relaxed) + 1, memory_order_relaxed);
    compiler_fence();
  }
  ~Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;

 private:
  Lwp& lwp_;
};

}  // namespace weft::lwp
