// SPDX-License-Identifier: BSL-1.0
#include "servers/disk_real.hpp"

#include "servers/helper_queue.hpp"

namespace weft::servers {

Result<std::size_t> RealDisk::read(const DiskRead& read) {
  if (cold_) os::drop_from_cache(read.file);
  return os::pread(read.file, read.into, read.offset);
}
std::optional<Result<std::size_t>> RealDisk::read_at_once(const DiskRead& read) {
  if (cold_) return std::nullopt;
  auto bytes = os::pread_cached(read.file, read.into, read.offset);
  return bytes ? std::optional(bytes) : std::nullopt;
}
std::unique_ptr<DiskQueue> RealDisk::make_queue() {
  return std::make_unique<HelperQueue>(*this);
}

}  // namespace weft::servers
