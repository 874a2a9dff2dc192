// SPDX-License-Identifier: BSL-1.0
// Parks tasks until descriptors are ready. Each wait arms the descriptor for one event (epoll's
// one-shot), so any descriptor may be waited for and none needs to be announced or withdrawn.
//
// That is a system call a wait. Who says kStays promises that the descriptor is the same file as
// when he last waited for it; then it stays armed (level-triggered) from one wait to the next, and
// is disarmed when it is ready again and again while nobody waits. (Once is no reason: whoever was
// woken may be in the run queue still.)
//
// Descriptors are reused by the kernel, so an event may arrive for a wait that is long over. It
// then wakes a waiter of the new descriptor for nothing, which every caller tolerates by trying
// again. Sources are never freed, so a late event never meets freed memory.
#pragma once

#include <array>

#include "lwp/core.hpp"
#include "lwp/os.hpp"

namespace weft::lwp {

/// With an interest: nobody has closed the descriptor since this caller's last wait for it.
inline constexpr std::uint32_t kStays = 4;

/// Why a task waits for a descriptor, for the dump.
inline Reason descriptor_reason(int fd, std::uint32_t interest) {
  return {interest == os::kReadable ? "readable fd" : "writable fd",
          reinterpret_cast<const void*>(static_cast<std::intptr_t>(fd))};
}

class Reactor {
 public:
  Reactor() = default;
  ~Reactor();

  /// As Scheduler::wait_ready, for the current task; `interest` perhaps with kStays. Not in core.
  bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline);
  /// Events that have come, not yet delivered.
  struct Events {
    std::size_t count = 0;
    os::Poller::Ready list[64];
  };
  /// Waits for events until `deadline` (0: only looks). Any thread.
  void wait(Events& events, os::Nanos deadline) {
    events.count = poller_.wait(events.list, deadline);
  }
  /// Unparks those they are for; true if a wakener was among them. REQUIRES core.
  bool deliver(Lwp& l, const Events& events);
  /// Adds something that only ends a wait(): a bell or an alarm.
  void add_wakener(int fd);
  /// Tasks that wait here now.
  std::size_t waiting() const { return waiting_.load(memory_order_relaxed); }

 private:
  struct Source {
    Lock lock;
    int fd = -1;              // guarded by lock, as all below
    bool registered = false;  // as far as we know: the kernel forgets closed descriptors
    std::uint32_t stays = 0;  // what it stays armed for
    int unheard = 0;          // how often it was ready since while nobody waited
    WaitList readers, writers;
  };
  static constexpr std::size_t kChunk = 256, kChunks = 4096;

  Source& source(int fd);
  Result<void> arm(Source& s, bool stays);
  void disarm(Source& s, std::uint32_t interest);
  void signal(Lwp& l, Source& s, std::uint32_t interest);

  os::Poller poller_;
  std::array<atomic<Source*>, kChunks> chunks_{};
  atomic<bool> used_{false};  // any of them
  atomic<std::size_t> waiting_{0};
};

}  // namespace weft::lwp
