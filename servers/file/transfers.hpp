// SPDX-License-Identifier: BSL-1.0
// Answers under way that are longer than one piece, so that a second connection can break one off,
// as FTP's control connection does (RFC 959, ABOR). The session that sends looks at its own flag
// between two pieces; nobody stops it from outside.
#pragma once

#include "lwp/atomic.hpp"
#include "servers/file/id_table.hpp"
#include "servers/spin_lock.hpp"

namespace weft::servers::file {

/// Of one session, which alone begins and ends it.
struct Transfer : Identified {
  Transfer* next = nullptr;
  lwp::atomic<bool> cancelled{false};  // a request to stop, from any thread; pairs with nothing

  bool runs() const { return id != 0; }
  bool is_cancelled() const { return runs() && cancelled.load(lwp::memory_order_relaxed); }
};

/// Of one service. Thread-safe.
class Transfers {
 public:
  explicit Transfers(const Ids& ids) : ids_(ids) {}
  void begin(Transfer& t);
  /// Nothing if it does not run.
  void end(Transfer& t);
  /// False if no such transfer runs.
  bool cancel(std::uint64_t id);

 private:
  const Ids& ids_;
  SpinLock lock_;
  IdTable<Transfer> running_;  // guarded by lock_
};

}  // namespace weft::servers::file
