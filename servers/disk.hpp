// SPDX-License-Identifier: BSL-1.0
// The seam through which a server reads files, so that one can see what a model does while a disk
// is slow, on a machine whose disk is not.
//
//   none       bytes come straight from the page cache, and nobody calls it blocking
//   real       a blocking pread
//   real,cold  the same, each file dropped from the page cache before each read
//   slow:MS    each read takes MS milliseconds on one of K heads (disk_slow.hpp)
//
// A disk is read in one of two ways: read() blocks the calling kernel thread, a DiskQueue reports
// completions to a thread that does not wait.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;
using lwp::Result;

struct DiskRead {
  int file = -1;
  std::uint64_t offset = 0;
  std::span<std::byte> into;
};

/// Reads in flight for one thread that does not block.
class DiskQueue {
 public:
  struct Completion {
    void* tag = nullptr;
    Result<std::size_t> bytes = Result<std::size_t>::failure(0);
  };
  virtual ~DiskQueue() = default;
  /// Readable when a completion waits.
  virtual int fd() const = 0;
  /// Starts a read; `read.into` stays until its completion.
  virtual void submit(const DiskRead& read, void* tag) = 0;
  /// Takes completions that wait; never blocks.
  virtual std::size_t take(std::span<Completion> into) = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  /// False: this file's bytes are at hand, read them where you are.
  virtual bool blocks(std::string_view name) const = 0;
  /// Blocks the calling kernel thread until the bytes are there.
  virtual Result<std::size_t> read(const DiskRead& read) = 0;
  /// The same if the bytes turn out to be at hand; else nothing, and it has not waited.
  virtual std::optional<Result<std::size_t>> read_at_once(const DiskRead&) { return std::nullopt; }
  virtual std::unique_ptr<DiskQueue> make_queue() = 0;
};

/// A disk as named on the command line.
struct DiskSpec {
  enum class Kind { none, real, slow };
  Kind kind = Kind::none;
  bool cold = false;         ///< real
  os::Nanos each = 0;        ///< slow: the time of one read
  int heads = 8;             ///< slow: reads it does at once
  std::string hot;           ///< slow: names beginning so are always in the cache
  std::vector<int> cpus;     ///< slow: where its process runs
  std::size_t readers = 64;  ///< slow: how many threads may block in it at once
};

/// Reads "slow:7.5,heads=8,hot=hot/"; a text that says what is wrong with it otherwise.
struct DiskParse {
  std::optional<DiskSpec> spec;
  std::string error;
};
DiskParse parse_disk(std::string_view text);

/// REQUIRES: for slow, that no other thread exists (a process is forked). Throws std::system_error
/// if the kernel gives no process, pipe or memory.
std::unique_ptr<Disk> make_disk(const DiskSpec& spec);

}  // namespace weft::servers
