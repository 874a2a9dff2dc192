// SPDX-License-Identifier: BSL-1.0
// The machine's own disk, by blocking calls.
#pragma once

#include "servers/disk.hpp"

namespace weft::servers {

/// Blocking calls, and with `cold` no read out of the page cache.
class RealDisk final : public Disk {
 public:
  explicit RealDisk(bool cold) : cold_(cold) {}
  bool blocks(const DiskWork&) const override { return true; }
  Result<DiskDone> perform(const DiskWork& work) override;
  std::optional<Result<DiskDone>> perform_at_once(const DiskWork& work) override;
  std::unique_ptr<DiskQueue> make_queue(By by) override;

 private:
  const bool cold_;
};

}  // namespace weft::servers
