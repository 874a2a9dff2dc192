// SPDX-License-Identifier: BSL-1.0
#include "servers/file/file_service.hpp"

#include <utility>

#include "servers/file/file_session.hpp"

namespace weft::servers {

// Nobody has read what is asked: so it has no body, which a HEAD must not get, and no Date, which
// a 5xx may lack (RFC 9110 section 6.6.1).
FileService::FileService(FileOptions options)
    : options_(std::move(options)),
      refusal_("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n" +
               file::retry_after(options_.limits) + "Content-Length: 0\r\n\r\n"),
      cursors_(options_.cursors, options_.ids) {}
std::unique_ptr<Session> FileService::make_session() {
  return std::make_unique<file::FileSession>(options_, draining_, cursors_, transfers_);
}
std::size_t FileService::session_bytes() const {
  return sizeof(file::FileSession);
}

}  // namespace weft::servers
