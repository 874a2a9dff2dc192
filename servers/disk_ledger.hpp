// SPDX-License-Identifier: BSL-1.0
// When would a disk with K heads be done? A read starts at once or when the earliest head is free,
// first come first served, and takes its time. The book is kept in memory that processes can share,
// so that servers of several processes wait for one disk.
#pragma once

#include <algorithm>
#include <array>
#include <mutex>

#include "servers/spin_lock.hpp"

namespace weft::servers {

namespace os = lwp::os;

class DiskLedger {
 public:
  static constexpr int kHeads = 64;
  struct Entry {
    os::Nanos start, end;
  };

  /// 1 to kHeads; set before the ledger is shared.
  void set_heads(int heads) { heads_ = heads; }
  /// Enters a read that arrives `now` and takes `time`.
  Entry place(os::Nanos now, os::Nanos time) {
    std::lock_guard lock(lock_);
    auto head = std::min_element(free_at_.begin(), free_at_.begin() + heads_);
    os::Nanos start = std::max(now, *head);
    *head = start + time;
    return {start, start + time};
  }

 private:
  int heads_ = 1;
  SpinLock lock_;
  std::array<os::Nanos, kHeads> free_at_{};  // guarded by lock_: when each head is done
};

}  // namespace weft::servers
