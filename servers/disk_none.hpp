// SPDX-License-Identifier: BSL-1.0
// No disk: everything is taken to be at hand.
#pragma once

#include "servers/disk.hpp"

namespace weft::servers {

/// Files are taken to be in the page cache.
class NoDisk final : public Disk {
 public:
  bool blocks(std::string_view) const override { return false; }
  Result<std::size_t> read(const DiskRead& read) override;
  std::unique_ptr<DiskQueue> make_queue() override;
};

}  // namespace weft::servers
