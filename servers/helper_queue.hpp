// SPDX-License-Identifier: BSL-1.0
// A disk queue for a disk that only blocks: helper threads block in place of the thread that asked
// (as in the AMPED servers of Pai, Druschel and Zwaenepoel, "Flash", USENIX 1999).
#pragma once

#include "servers/disk.hpp"
#include "servers/fifo.hpp"
#include "servers/spin_lock.hpp"

namespace weft::servers {

class HelperQueue final : public DiskQueue {
 public:
  static constexpr int kHelpers = 8;

  explicit HelperQueue(Disk& disk);
  ~HelperQueue() override;
  int fd() const override { return bell_.fd(); }
  void submit(const DiskWork& work, void* tag) override;
  std::size_t take(std::span<Completion> into) override;

 private:
  struct Job {
    DiskWork work;
    void* tag = nullptr;
  };

  void help();

  Disk& disk_;
  os::Bell bell_;
  SpinLock lock_;
  Fifo<Job> waiting_;      // guarded by lock_
  Fifo<Completion> done_;  // guarded by lock_
  lwp::atomic<std::uint32_t> submitted_{0};
  lwp::atomic<bool> ending_{false};
  std::vector<os::Thread> helpers_;
};

}  // namespace weft::servers
