// SPDX-License-Identifier: BSL-1.0
// A disk queue for real files whose reads the kernel does by itself (io_uring). What changes files
// is seldom and slow in any case: that is done by helper threads, which begin with the first of it.
#pragma once

#include <optional>

#include "lwp/os/uring.hpp"
#include "servers/helper_queue.hpp"

namespace weft::servers {

class UringQueue final : public DiskQueue {
 public:
  /// `cold`: no read out of the page cache. Throws std::system_error when the kernel gives no ring.
  UringQueue(Disk& disk, bool cold);
  int fd() const override { return both_.fd(); }
  void submit(const DiskWork& work, void* tag) override;
  std::size_t take(std::span<Completion> into) override;

 private:
  HelperQueue& helpers();

  Disk& disk_;
  const bool cold_;
  os::Uring ring_{os::Uring::User::another};
  std::optional<HelperQueue> helpers_;
  os::Poller both_;  // the ring and the helpers
};

}  // namespace weft::servers
