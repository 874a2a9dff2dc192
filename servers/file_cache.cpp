// SPDX-License-Identifier: BSL-1.0
#include "servers/file_cache.hpp"

#include <mutex>

namespace weft::servers {

struct FileCache::File {
  std::string name;
  os::Fd fd;
  os::FileInfo info;
  os::Nanos until = 0;   // its slot gives it away
  int holders = 0;       // guarded by the cache's lock, as is:
  File* next = nullptr;  // of those that are free
};

int FileCache::Held::fd() const {
  return file_ == nullptr ? -1 : file_->fd.get();
}
const os::FileInfo& FileCache::Held::info() const {
  return file_->info;
}

FileCache::~FileCache() {
  forget();
  while (free_ != nullptr) delete std::exchange(free_, free_->next);
}

Result<FileCache::Held> FileCache::open(int root, const std::string& name) {
  // From before it is opened: what is changed later was not seen.
  const os::Nanos now = keep_ > 0 ? os::now() : 0;
  File*& slot = slots_[std::hash<std::string>()(name) % kSlots];
  std::unique_lock lock(lock_);
  if (slot != nullptr && now < slot->until && slot->name == name) {
    ++slot->holders;
    return Held(this, slot);
  }
  const std::uint64_t forgotten = forgotten_;
  lock.unlock();

  auto fd = os::open_beneath(root, name);
  if (!fd) return Result<Held>::failure(fd.error());
  auto info = os::file_info(fd->get());
  if (!info) return Result<Held>::failure(info.error());

  lock.lock();
  File& file = add(name);
  file.fd = std::move(*fd);
  file.info = *info;
  file.until = now + keep_;
  File* displaced = nullptr;
  if (keep_ > 0 && info->regular && forgotten == forgotten_) {
    displaced = std::exchange(slot, &file);
    ++file.holders;
  }
  lock.unlock();
  if (displaced != nullptr) let_go(*displaced);
  return Held(this, &file);
}

void FileCache::forget() {
  for (File*& slot : slots_) {
    std::unique_lock lock(lock_);
    ++forgotten_;
    File* file = std::exchange(slot, nullptr);
    lock.unlock();
    if (file != nullptr) let_go(*file);
  }
}

// Held once. REQUIRES lock_.
FileCache::File& FileCache::add(const std::string& name) {
  File& file = free_ != nullptr ? *free_ : *new File;
  free_ = file.next;
  file.next = nullptr;
  file.name = name;
  file.holders = 1;
  return file;
}

void FileCache::let_go(File& file) {
  os::Fd closed;  // when the lock has been dropped
  std::lock_guard lock(lock_);
  if (--file.holders > 0) return;
  closed = std::move(file.fd);
  file.next = std::exchange(free_, &file);
}

}  // namespace weft::servers
