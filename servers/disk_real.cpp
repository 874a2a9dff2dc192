// SPDX-License-Identifier: BSL-1.0
#include "servers/disk_real.hpp"

#include "servers/file_tree.hpp"
#include "servers/helper_queue.hpp"
#include "servers/uring_queue.hpp"

namespace weft::servers {

Result<DiskDone> RealDisk::perform(const DiskWork& work) {
  if (work.kind != DiskWork::Kind::read) return carry_out(work);
  if (cold_) os::drop_from_cache(work.file);
  auto bytes = os::pread(work.file, work.into, work.offset);
  if (!bytes) return Result<DiskDone>::failure(bytes.error());
  return Result<DiskDone>({.bytes = *bytes});
}
std::optional<Result<DiskDone>> RealDisk::perform_at_once(const DiskWork& work) {
  if (cold_ || work.kind != DiskWork::Kind::read) return std::nullopt;
  auto bytes = os::pread_cached(work.file, work.into, work.offset);
  if (!bytes) return std::nullopt;
  return Result<DiskDone>({.bytes = *bytes});
}
std::unique_ptr<DiskQueue> RealDisk::make_queue(By by) {
  if (by == By::kernel && os::has(os::Feature::io_uring)) {
    return std::make_unique<UringQueue>(*this, cold_);
  }
  return std::make_unique<HelperQueue>(*this);
}

}  // namespace weft::servers
