// SPDX-License-Identifier: BSL-1.0
// What was answered to whom, in the combined log format:
//
//   127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8.1"
//
// Whoever ends a request adds a line to memory and goes on; a kernel thread of the log's own writes
// whole lines, some at a time. When the file is slower than the server for so long that the memory
// is full, lines are dropped and counted: requests never wait for a log.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "servers/counters.hpp"
#include "servers/refusal.hpp"
#include "servers/service.hpp"
#include "servers/spin_lock.hpp"

namespace weft::servers {

class AccessLog {
 public:
  /// Appends to the file `path`; "-" is standard output. Null and why if it cannot be.
  static std::unique_ptr<AccessLog> open(const std::string& path,
                                         const std::function<os::Nanos()>& wall, Refusal& why);
  /// Writes what is left, for a second at most.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;

  /// From any thread; neither waits nor allocates.
  void add(std::string_view client, const Answered& what);
  /// The file has been renamed: begins another of its old name. From any thread.
  void reopen();
  std::uint64_t dropped() const { return dropped_.get(); }

 private:
  static constexpr std::size_t kMemory = 256 * 1024;
  struct Lines {
    std::unique_ptr<char[]> text{new char[kMemory]};
    std::size_t size = 0;
  };

  AccessLog(std::string path, os::Fd file, std::function<os::Nanos()> wall);
  void write();
  void write_lines();
  bool write_out(std::string_view lines);
  void open_again();

  const std::string path_;
  const std::function<os::Nanos()> wall_;
  os::Fd file_;  // the writer's

  SpinLock lock_;
  // Guarded by lock_:
  Lines filling_;
  os::Nanos second_ = -1;
  std::array<char, 29> date_{};  // of that second, in its brackets, with a blank

  Lines writing_;  // the writer's
  Counter dropped_;
  lwp::atomic<std::uint32_t> wanted_{0};  // the writer is; pairs with write()
  // Set before wanted_:
  lwp::atomic<bool> reopen_{false};
  lwp::atomic<os::Nanos> ends_{os::kNever};  // by when the writer must have
  os::Thread writer_;
};

}  // namespace weft::servers
