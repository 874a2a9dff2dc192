// SPDX-License-Identifier: BSL-1.0
#include "servers/file/transfers.hpp"

#include <mutex>

namespace weft::servers::file {

void Transfers::begin(Transfer& t) {
  const auto id = ids_();
  t.cancelled.store(false, lwp::memory_order_relaxed);
  std::lock_guard lock(lock_);
  running_.add(t, id);
}

void Transfers::end(Transfer& t) {
  if (!t.runs()) return;
  std::lock_guard lock(lock_);
  running_.remove(t);
}

bool Transfers::cancel(std::uint64_t id) {
  std::lock_guard lock(lock_);
  Transfer* t = running_.find(id);
  if (t != nullptr) t->cancelled.store(true, lwp::memory_order_relaxed);
  return t != nullptr;
}

}  // namespace weft::servers::file
