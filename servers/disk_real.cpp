// SPDX-License-Identifier: BSL-1.0
#include "servers/disk_real.hpp"

#include <algorithm>
#include <mutex>

#include "servers/spin_lock.hpp"

namespace weft::servers {
namespace {

// A queue that is never used, for a disk that never blocks.
class NoQueue final : public DiskQueue {
 public:
  int fd() const override { return bell_.fd(); }
  void submit(const DiskRead&, void*) override {}
  std::size_t take(std::span<Completion>) override { return 0; }

 private:
  os::Bell bell_;
};

// First in, first out; keeps its memory.
template <class T>
class Fifo {
 public:
  bool empty() const { return at_ == items_.size(); }
  void push(T item) { items_.push_back(std::move(item)); }
  T pop() {
    T item = std::move(items_[at_++]);
    if (empty()) items_.clear(), at_ = 0;
    return item;
  }

 private:
  std::vector<T> items_;
  std::size_t at_ = 0;
};

class HelperQueue final : public DiskQueue {
 public:
  static constexpr int kHelpers = 8;

  explicit HelperQueue(Disk& disk) : disk_(disk) {
    for (int i = 0; i < kHelpers; ++i) {
      helpers_.emplace_back("disk helper", [this] { help(); });
    }
  }
  ~HelperQueue() override {
    ending_.store(true, lwp::memory_order_release);
    submitted_.fetch_add(1, lwp::memory_order_release);
    os::futex_wake(submitted_, kHelpers);
    for (auto& h : helpers_) h.join();
  }

  int fd() const override { return bell_.fd(); }
  void submit(const DiskRead& read, void* tag) override {
    {
      std::lock_guard lock(lock_);
      waiting_.push({read, tag});
    }
    // Pairs with help(): it reads the count before it looks at the queue, so either it finds the
    // read or the count has changed and it does not sleep.
    submitted_.fetch_add(1, lwp::memory_order_release);
    os::futex_wake(submitted_, 1);
  }
  std::size_t take(std::span<Completion> into) override {
    bell_.clear();
    std::lock_guard lock(lock_);
    std::size_t n = 0;
    while (n < into.size() && !done_.empty()) into[n++] = done_.pop();
    if (!done_.empty()) bell_.ring();
    return n;
  }

 private:
  struct Job {
    DiskRead read;
    void* tag = nullptr;
  };

  void help() {
    while (true) {
      auto seen = submitted_.load(lwp::memory_order_acquire);
      Job job;
      bool found = false;
      {
        std::lock_guard lock(lock_);
        if ((found = !waiting_.empty())) job = waiting_.pop();
      }
      if (found) {
        Completion completion{job.tag, disk_.read(job.read)};
        {
          std::lock_guard lock(lock_);
          done_.push(std::move(completion));
        }
        bell_.ring();
      } else if (ending_.load(lwp::memory_order_acquire)) {
        return;
      } else {
        os::futex_wait(submitted_, seen);
      }
    }
  }

  Disk& disk_;
  os::Bell bell_;
  SpinLock lock_;
  Fifo<Job> waiting_;      // guarded by lock_
  Fifo<Completion> done_;  // guarded by lock_
  lwp::atomic<std::uint32_t> submitted_{0};
  lwp::atomic<bool> ending_{false};
  std::vector<os::Thread> helpers_;
};

}  // namespace

Result<std::size_t> NoDisk::read(const DiskRead& read) {
  return os::pread_at_hand(read.file, read.into, read.offset);
}
std::unique_ptr<DiskQueue> NoDisk::make_queue() {
  return std::make_unique<NoQueue>();
}

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
