// SPDX-License-Identifier: BSL-1.0
#include "servers/uring_queue.hpp"

#include <array>

namespace weft::servers {

UringQueue::UringQueue(Disk& disk, bool cold) : disk_(disk), cold_(cold) {
  (void)both_.add(ring_.fd(), os::kReadable, os::Poller::Trigger::level, &ring_).error();
}

HelperQueue& UringQueue::helpers() {
  if (!helpers_) {
    helpers_.emplace(disk_);
    (void)both_.add(helpers_->fd(), os::kReadable, os::Poller::Trigger::level, &*helpers_).error();
  }
  return *helpers_;
}

void UringQueue::submit(const DiskWork& work, void* tag) {
  if (work.kind != DiskWork::Kind::read) return helpers().submit(work, tag);
  if (cold_) os::drop_from_cache(work.file);
  ring_.read(work.file, work.into, work.offset, reinterpret_cast<std::uintptr_t>(tag));
  ring_.submit();
}

std::size_t UringQueue::take(std::span<Completion> into) {
  std::array<os::Uring::Done, 64> done;
  const std::size_t n = ring_.take(std::span(done).first(std::min(done.size(), into.size())));
  for (std::size_t i = 0; i < n; ++i) {
    into[i].tag = reinterpret_cast<void*>(done[i].tag);
    into[i].done = done[i].result < 0
                       ? Result<DiskDone>::failure(-done[i].result)
                       : Result<DiskDone>({.bytes = static_cast<std::size_t>(done[i].result)});
  }
  return n + (helpers_ ? helpers_->take(into.subspan(n)) : 0);
}

}  // namespace weft::servers
