// SPDX-License-Identifier: BSL-1.0
// The machine's own disk, read by blocking calls.
#pragma once

#include "servers/disk.hpp"

namespace weft::servers {

/// pread, and with `cold` never out of the page cache.
class RealDisk final : public Disk {
 public:
  explicit RealDisk(bool cold) : cold_(cold) {}
  bool blocks(std::string_view) const override { return true; }
  Result<std::size_t> read(const DiskRead& read) override;
  std::optional<Result<std::size_t>> read_at_once(const DiskRead& read) override;
  std::unique_ptr<DiskQueue> make_queue() override;  ///< a HelperQueue

 private:
  const bool cold_;
};

}  // namespace weft::servers
