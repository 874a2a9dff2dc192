// SPDX-License-Identifier: BSL-1.0
// No disk: everything that is read is taken to be at hand.
#pragma once

#include "servers/disk.hpp"

namespace weft::servers {

/// Files are taken to be in the page cache; changes to them are on the machine's disk when done.
class NoDisk final : public Disk {
 public:
  explicit NoDisk(bool writable = true) : writable_(writable) {}
  bool blocks(const DiskWork& work) const override { return work.changes(); }
  Result<DiskDone> perform(const DiskWork& work) override;
  std::unique_ptr<DiskQueue> make_queue(By by) override;  ///< a HelperQueue if files may change

 private:
  const bool writable_;
};

}  // namespace weft::servers
