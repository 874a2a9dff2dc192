// SPDX-License-Identifier: BSL-1.0
// Files that are open for reading, and what the kernel said of them. Who asks for a name again
// within a bounded time gets the same descriptor, without another walk from the root: three system
// calls fewer a request. Contents are not held: to read them is the disk's affair.
//
// What others do to a file may go unseen for that time. What this server does is seen at once: it
// calls forget() before it answers, and a file that was opened meanwhile is not kept.
//
// A file is held by its readers and by the slot that its name hashes to; the last to let go closes
// it. INVARIANT: at most kSlots are open that nobody reads.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "servers/spin_lock.hpp"

namespace weft::servers {

namespace os = lwp::os;
using lwp::Result;

/// Thread-safe. Opening allocates nothing once as many files have been open at once.
class FileCache {
  struct File;

 public:
  /// 0: each is opened anew.
  explicit FileCache(os::Nanos keep) : keep_(keep) {}
  FileCache(const FileCache&) = delete;
  ~FileCache();

  /// An open file. It ends before its cache does.
  class Held {
   public:
    Held() = default;
    Held(Held&& other) noexcept : Held(other.cache_, std::exchange(other.file_, nullptr)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(cache_, other.cache_);
      std::swap(file_, other.file_);
      other.reset();
      return *this;
    }
    ~Held() { reset(); }
    void reset() {
      if (file_ != nullptr) cache_->let_go(*std::exchange(file_, nullptr));
    }
    int fd() const;  ///< -1: none
    /// REQUIRES: there is one.
    const os::FileInfo& info() const;

   private:
    friend FileCache;
    Held(FileCache* cache, File* file) : cache_(cache), file_(file) {}
    FileCache* cache_ = nullptr;
    File* file_ = nullptr;
  };
  /// As os::open_beneath and os::file_info.
  Result<Held> open(int root, const std::string& name);
  /// The tree of files has changed.
  void forget();

 private:
  static constexpr std::size_t kSlots = 256;

  File& add(const std::string& name);
  void let_go(File& file);

  const os::Nanos keep_;
  SpinLock lock_;
  // Guarded by lock_, as are the files' counts:
  std::array<File*, kSlots> slots_{};
  File* free_ = nullptr;
  std::uint64_t forgotten_ = 0;  // how often
};

}  // namespace weft::servers
