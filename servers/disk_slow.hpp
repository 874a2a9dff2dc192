// SPDX-License-Identifier: BSL-1.0
// A disk as slow as a lesson needs it, on which the caller waits as on a real one: blocked in the
// kernel in a read, until the moment the ledger says.
//
//   server                         shared memory            disk process (another CPU)
//   place(now) in the ledger ────► [ledger]
//   order {end, who} ────────────► [ring of orders] ──────► heap by end
//   read(own pipe) … asleep                                 waits until the earliest end
//        wakes  ◄──────────────────────── pipe ──────────── writes the order back
//   then reads the file's bytes from the page cache, or does what else it was asked for
//
// A process of its own answers, so that no CPU of the server's core is spent on being slow, and
// /proc and traces say truly that the caller sleeps in read. An event-driven server has one pipe on
// which all its completions come, at the same ends.
//
// Rejected: sleeping in the caller (a trace would say nanosleep, and a state machine has nothing to
// wait for); a timer thread in the server (it would take its core); FUSE (not everywhere).
#pragma once

#include "servers/disk.hpp"
#include "servers/spin_lock.hpp"

namespace weft::servers {

struct DiskSharedState;

class SlowDisk final : public Disk {
 public:
  explicit SlowDisk(const DiskSpec& spec);
  ~SlowDisk() override;
  bool blocks(const DiskWork& work) const override;
  Result<DiskDone> perform(const DiskWork& work) override;
  /// One at a time.
  std::unique_ptr<DiskQueue> make_queue(By by) override;

 private:
  friend class SlowQueue;
  std::uint32_t take_pipe();
  void give_pipe(std::uint32_t pipe);

  const os::Nanos each_;
  const std::string hot_;
  const bool writable_;
  DiskSharedState* shared_;  // mapped for the life of the process
  os::Bell bell_;            // wakes the disk process
  // Pipe 0 belongs to the queue, the others to whoever blocks in perform().
  std::vector<std::array<os::Fd, 2>> pipes_;
  SpinLock lock_;
  std::vector<std::uint32_t> free_pipes_;     // guarded by lock_
  lwp::atomic<std::uint32_t> given_back_{0};  // counts give_pipe; futex for take_pipe
  lwp::atomic<bool> dead_{false};             // the disk process has ended
  os::Process process_;
};

}  // namespace weft::servers
