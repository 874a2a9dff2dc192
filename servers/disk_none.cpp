// SPDX-License-Identifier: BSL-1.0
#include "servers/disk_none.hpp"

#include "servers/file_tree.hpp"
#include "servers/helper_queue.hpp"

namespace weft::servers {
namespace {

// A queue that is never used, for a disk that never blocks.
class NoQueue final : public DiskQueue {
 public:
  int fd() const override { return bell_.fd(); }
  void submit(const DiskWork&, void*) override {}
  std::size_t take(std::span<Completion>) override { return 0; }

 private:
  os::Bell bell_;
};

}  // namespace

Result<DiskDone> NoDisk::perform(const DiskWork& work) {
  return carry_out(work);
}
std::unique_ptr<DiskQueue> NoDisk::make_queue(By) {
  if (writable_) return std::make_unique<HelperQueue>(*this);
  return std::make_unique<NoQueue>();
}

}  // namespace weft::servers
