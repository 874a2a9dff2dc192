// SPDX-License-Identifier: BSL-1.0
#include "lwp/reactor.hpp"

#include <cerrno>

namespace weft::lwp {

Reactor::~Reactor() {
  if (!used_.load(memory_order_relaxed)) return;
  for (auto& chunk : chunks_) delete[] chunk.load(memory_order_relaxed);
}

Reactor::Source& Reactor::source(int fd) {
  auto& slot = chunks_[static_cast<std::size_t>(fd) / kChunk % kChunks];
  Source* chunk = slot.load(memory_order_acquire);
  if (chunk == nullptr) {
    used_.store(true, memory_order_relaxed);
    auto* fresh = new Source[kChunk];
    if (slot.compare_exchange_strong(chunk, fresh, memory_order_acq_rel)) {
      chunk = fresh;
    } else {
      delete[] fresh;
    }
  }
  return chunk[static_cast<std::size_t>(fd) % kChunk];
}

Result<void> Reactor::arm(Source& s, bool stays) {
  std::uint32_t interest = 0;
  if (!s.readers.empty()) interest |= os::kReadable;
  if (!s.writers.empty()) interest |= os::kWritable;
  s.unheard = 0;
  if (stays && (interest & ~s.stays) == 0) return {};
  const auto trigger = stays ? os::Poller::Trigger::level : os::Poller::Trigger::oneshot;
  Result<void> armed = s.registered ? poller_.change(s.fd, interest, trigger, &s)
                                    : poller_.add(s.fd, interest, trigger, &s);
  if (!armed && armed.error() == ENOENT) {  // closed and opened again since
    armed = poller_.add(s.fd, interest, trigger, &s);
  } else if (!armed && armed.error() == EEXIST) {
    armed = poller_.change(s.fd, interest, trigger, &s);
  }
  s.registered = bool(armed);
  s.stays = stays && armed ? interest : 0;
  return armed;
}

// It is ready and nobody waits: a level would say so for ever.
void Reactor::disarm(Source& s, std::uint32_t interest) {
  constexpr int kPatience = 4;
  if (++s.unheard < kPatience) return;
  s.stays &= ~interest;
  if (s.stays != 0 && poller_.change(s.fd, s.stays, os::Poller::Trigger::level, &s)) return;
  poller_.remove(s.fd);  // an error is told of whatever one is armed for
  s.stays = 0;
  s.registered = false;
}

bool Reactor::wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) {
  if (fd < 0) return true;  // the read or write that follows says EBADF
  Source& s = source(fd);
  const bool stays = (interest & kStays) != 0;
  interest &= ~kStays;
  Guard guard(s.lock);
  Waiter w(guard.core.task());
  WaitList& list = interest == os::kReadable ? s.readers : s.writers;
  s.fd = fd;
  list.push(w);
  if (auto armed = arm(s, stays); !armed) {
    list.remove(w);
    // A plain file is always ready (EPERM); anything else shows up in the read or write.
    return true;
  }
  waiting_.fetch_add(1, memory_order_relaxed);
  guard.unlock();
  Outcome outcome = await(guard.core, w, descriptor_reason(fd, interest), deadline);
  guard.lock();
  list.remove(w);
  waiting_.fetch_sub(1, memory_order_relaxed);
  return outcome == Outcome::signaled;
}

// Wakes one reader and one writer; if others still wait, arms again: the descriptor may be ready
// for them too, and then the kernel says so at once.
void Reactor::signal(Lwp& l, Source& s, std::uint32_t interest) {
  if (!l.solo) s.lock.lock();
  Task* reader = interest & os::kReadable ? s.readers.signal_first() : nullptr;
  Task* writer = interest & os::kWritable ? s.writers.signal_first() : nullptr;
  if (s.stays != 0) {
    const std::uint32_t heard = (reader ? os::kReadable : 0u) | (writer ? os::kWritable : 0u);
    if (s.stays & interest & ~heard) disarm(s, interest & ~heard);
  } else if (!s.readers.empty() || !s.writers.empty()) {
    (void)arm(s, false).error();
  }
  if (!l.solo) s.lock.unlock();
  if (reader != nullptr) unpark(l, *reader);
  if (writer != nullptr) unpark(l, *writer);
}

void Reactor::add_wakener(int fd) {
  (void)poller_.add(fd, os::kReadable, os::Poller::Trigger::edge, nullptr).error();
}

bool Reactor::deliver(Lwp& l, const Events& events) {
  bool woken = false;
  for (std::size_t i = 0; i < events.count; ++i) {
    auto [tag, interest] = events.list[i];
    if (tag != nullptr) {
      signal(l, *static_cast<Source*>(tag), interest);
    } else {
      woken = true;
    }
  }
  return woken;
}

}  // namespace weft::lwp
