// SPDX-License-Identifier: BSL-1.0
// The seam through which a server reads and changes files, so that one can see what a model does
// while a disk is slow, on a machine whose disk is not.
//
//   none       bytes come straight from the page cache, and nobody calls it blocking
//   real       a blocking pread
//   real,cold  the same, each file dropped from the page cache before each read
//   slow:MS    each work takes MS milliseconds on one of K heads (disk_slow.hpp)
//
// A disk does its work in one of two ways: perform() blocks the calling kernel thread, a DiskQueue
// reports completions to a thread that does not wait. What changes files waits for the machine's
// disk whichever this is: it is durable when it is done.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "servers/disk_work.hpp"

namespace weft::servers {

/// Work under way for one thread that does not block.
class DiskQueue {
 public:
  struct Completion {
    void* tag = nullptr;
    Result<DiskDone> done = Result<DiskDone>::failure(0);
  };
  virtual ~DiskQueue() = default;
  /// Readable when a completion waits.
  virtual int fd() const = 0;
  /// Starts a work; memory that it names stays until its completion.
  virtual void submit(const DiskWork& work, void* tag) = 0;
  /// Takes completions that wait; never blocks.
  virtual std::size_t take(std::span<Completion> into) = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  /// False: what it needs is at hand, do it where you are (carry_out).
  virtual bool blocks(const DiskWork& work) const = 0;
  /// Blocks the calling kernel thread until it is done.
  virtual Result<DiskDone> perform(const DiskWork& work) = 0;
  /// The same if the bytes turn out to be at hand; else nothing, and it has not waited.
  virtual std::optional<Result<DiskDone>> perform_at_once(const DiskWork&) { return std::nullopt; }
  /// What threads of its own would do for it the kernel does (io_uring), if it can.
  enum class By { threads, kernel };
  virtual std::unique_ptr<DiskQueue> make_queue(By by) = 0;
};

/// A disk as named on the command line.
struct DiskSpec {
  enum class Kind { none, real, slow };
  Kind kind = Kind::none;
  bool cold = false;         ///< real
  os::Nanos each = 0;        ///< slow: the time of one work
  int heads = 8;             ///< slow: works it does at once
  std::string hot;           ///< slow: names beginning so are always in the cache
  std::vector<int> cpus;     ///< slow: where its process runs
  std::size_t readers = 64;  ///< slow: how many threads may block in it at once
  bool writable = false;     ///< files are changed
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
