// SPDX-License-Identifier: BSL-1.0
#include "servers/file/file_service.hpp"

#include <utility>

#include "servers/file/file_session.hpp"

namespace weft::servers {

FileService::FileService(FileOptions options)
    : options_(std::move(options)), cursors_(options_.cursors) {}
std::unique_ptr<Session> FileService::make_session() {
  return std::make_unique<file::FileSession>(options_, draining_, cursors_, transfers_);
}
std::size_t FileService::session_bytes() const {
  return sizeof(file::FileSession);
}

}  // namespace weft::servers
