// SPDX-License-Identifier: BSL-1.0
#include "servers/disk_none.hpp"

namespace weft::servers {
namespace {

// A queue that is never used, for a disk that never blocks.
class NoQueue final : public DiskQueue {
 public:
  int fd() const override { return bell_.fd(); }
  void submit(const DiskRead&, void*) override {}
  std::size_t take(std::span<Completion>) override { return 0; }

 private:
  os::Bell bell_;
};

}  // namespace

Result<std::size_t> NoDisk::read(const DiskRead& read) {
  return os::pread_at_hand(read.file, read.into, read.offset);
}
std::unique_ptr<DiskQueue> NoDisk::make_queue() {
  return std::make_unique<NoQueue>();
}

}  // namespace weft::servers
