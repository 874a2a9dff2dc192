// SPDX-License-Identifier: BSL-1.0
// A mutex with readers and writers: any number share it, or one has it alone.
//
// Policy: strictly first come, first served. Who finds others waiting waits behind them, also a
// reader while readers are inside: so a stream of readers cannot starve a writer, nor writers a
// reader. When it becomes free it goes to the first in the queue, and if that is a reader, to all
// readers up to the next writer at once. (Courtois, Heymans and Parnas, 1971, give the two policies
// that starve one side; this is their fair third.)
//
// Works with std::unique_lock and std::shared_lock. The forms of waiting are those of wait.hpp.
#pragma once

#include <shared_mutex>

#include "fibers/owned.hpp"
#include "fibers/wait.hpp"

namespace weft::fibers {

class SharedMutex : private Owned {
 public:
  SharedMutex() : Owned("shared mutex") {}

  void lock() { take(kAlone, {}); }
  bool lock(const std::stop_token& stop) { return try_lock_until(os::kNever, stop); }
  bool try_lock();
  bool try_lock_until(os::Nanos deadline, const std::stop_token& stop = {});
  bool try_lock_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return try_lock_until(after(duration), stop);
  }
  /// REQUIRES: the caller has it alone.
  void unlock();

  /// A fiber that shares it already must not share it again: a writer may wait in between.
  void lock_shared() { take(kShared, {}); }
  bool lock_shared(const std::stop_token& stop) { return try_lock_shared_until(os::kNever, stop); }
  bool try_lock_shared();
  bool try_lock_shared_until(os::Nanos deadline, const std::stop_token& stop = {});
  bool try_lock_shared_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return try_lock_shared_until(after(duration), stop);
  }
  /// REQUIRES: the caller shares it.
  void unlock_shared();

 private:
  enum How : bool { kAlone, kShared };
  bool take(How how, Limit limit);
  bool enter(How how, lwp::Task& self);
  lwp::Waiter* admit(bool alone);

  lwp::Lock lock_;
  std::size_t readers_ = 0;  // inside; guarded by lock_, as the owner and the list
  lwp::WaitList waiters_;    // `offer` is not null for readers
};

}  // namespace weft::fibers
