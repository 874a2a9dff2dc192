// SPDX-License-Identifier: BSL-1.0
// HTTP/1.1 over the files below a root (RFC 9110, 9112): keep-alive and pipelining, HTTP/1.0,
// ranges, conditions over strong entity tags and dates; a folder answers with its index.html or a
// list of what is in it. If it is writable, PUT and DELETE, and MKCOL, COPY and MOVE of WebDAV (RFC
// 4918); each is done whole or not at all. What is malformed is refused and the connection closes.
// Beyond the files it keeps what clients ask it to: cursors, and transfers that can be cancelled.
#pragma once

#include <functional>
#include <optional>

#include "lwp/atomic.hpp"
#include "servers/file/cursors.hpp"
#include "servers/file/partition.hpp"
#include "servers/file/transfers.hpp"
#include "servers/limits.hpp"
#include "servers/service.hpp"

namespace weft::servers {

struct FileOptions {
  Limits limits{};
  os::Nanos cpu_per_request = 0;
  std::size_t buffer = 64 * 1024;  ///< of each connection, for answers and bodies
  bool writable = false;
  std::optional<file::Partition> partition{};      ///< what belongs to others is answered with 307
  std::size_t cursors = 1024;                      ///< open at a time
  std::function<os::Nanos()> wall = os::wall_now;  ///< the clock of Date
  std::function<os::Nanos()> clock = os::now;      ///< that of leases and long waits
  file::Ids ids = file::fresh_id;                  ///< of cursors and transfers
};

class FileService final : public Service {
 public:
  explicit FileService(FileOptions options = {});
  std::unique_ptr<Session> make_session() override;
  std::size_t session_bytes() const override;
  std::string_view refusal() const override { return refusal_; }
  void drain() override { draining_.store(true, lwp::memory_order_relaxed); }

 private:
  const FileOptions options_;
  const std::string refusal_;
  lwp::atomic<bool> draining_{false};  // a hint; pairs with nothing
  file::Cursors cursors_;
  file::Transfers transfers_{options_.ids};
};

}  // namespace weft::servers
