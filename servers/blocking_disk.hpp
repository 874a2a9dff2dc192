// SPDX-License-Identifier: BSL-1.0
// The disk of a server with one thread that stands still while it reads. It counts how often, how
// long, and who could have been served meanwhile.
#pragma once

#include "lwp/trace/recorder.hpp"
#include "servers/model.hpp"

namespace weft::servers {

class BlockingDisk {
 public:
  explicit BlockingDisk(Disk& disk) : disk_(disk) {}
  /// `others` wait for something else; `recorded` is the thread's lane in a recording.
  Result<DiskDone> perform(const DiskWork& work, std::size_t others, lwp::trace::Alone& recorded) {
    const os::Nanos begin = os::now();
    recorded.blocks(work.kind == DiskWork::Kind::read ? "read" : doing(work.kind));
    auto result = disk_.perform(work);
    recorded.unblocked();
    const auto took = static_cast<std::uint64_t>(os::now() - begin);
    reads_.add();
    blocked_.add(took);
    ready_at_block_.add(others);
    if (others > 0) blocked_while_ready_.add(took);
    return result;
  }
  void tell(ModelReport& r) const {
    r.blocking_reads = reads_.get();
    r.blocked = static_cast<os::Nanos>(blocked_.get());
    r.ready_at_block = ready_at_block_.get();
    r.blocked_while_ready = static_cast<os::Nanos>(blocked_while_ready_.get());
  }

 private:
  Disk& disk_;
  Counter reads_, blocked_, ready_at_block_, blocked_while_ready_;
};

}  // namespace weft::servers
