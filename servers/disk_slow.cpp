// SPDX-License-Identifier: BSL-1.0
#include "servers/disk_slow.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <deque>
#include <new>
#include <queue>
#include <system_error>

#include "lwp/trace/recorder.hpp"
#include "servers/disk_ledger.hpp"
#include "servers/disk_none.hpp"
#include "servers/file_tree.hpp"
#include "servers/helper_queue.hpp"

namespace weft::servers {

// Answer on pipe `pipe` at `end`; `tag` comes back with the answer.
struct DiskOrder {
  os::Nanos end;
  std::uint32_t pipe;
  std::uint32_t tag;
};
static_assert(sizeof(DiskOrder) == 16);

namespace {

constexpr std::size_t kRing = 4096;
constexpr std::uint32_t kQueuePipe = 0;

template <class T>
T or_throw(Result<T> result, const char* what) {
  if (!result) throw std::system_error(result.error(), std::generic_category(), what);
  return std::move(result).value();
}

std::span<std::byte> bytes_of(DiskOrder& order) {
  return std::as_writable_bytes(std::span(&order, 1));
}

}  // namespace

struct DiskSharedState {
  DiskLedger ledger;
  SpinLock lock;
  std::array<DiskOrder, kRing> ring{};  // guarded by lock
  std::uint64_t put = 0, got = 0;       // guarded by lock
  // Until when the disk process sleeps; 0: it is awake and will look at the ring. Pairs with
  // order(): the process announces its sleep, then looks at the ring; the orderer fills the ring,
  // then looks at the announcement. One of them sees the other (seq_cst).
  lwp::atomic<os::Nanos> asleep_until{0};

  // False when the ring is full.
  bool order(const DiskOrder& o, os::Bell& bell) {
    {
      std::lock_guard guard(lock);
      if (put - got == kRing) return false;
      ring[put++ % kRing] = o;
    }
    lwp::fence();
    if (o.end < asleep_until.load(lwp::memory_order_seq_cst)) bell.ring();
    return true;
  }
  bool take(DiskOrder& o) {
    std::lock_guard guard(lock);
    if (put == got) return false;
    o = ring[got++ % kRing];
    return true;
  }
};

namespace {

// The disk process: answers each order at its end, for ever. It is killed with its server.
[[noreturn]] void run_disk(DiskSharedState& shared, os::Bell& bell,
                           const std::vector<std::array<os::Fd, 2>>& pipes) {
  // Ctrl-C reaches every process of the terminal, but the server is still to answer what is under
  // way: the disk ends when its server does, not before.
  const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1};
  os::ignore_signals(signals);
  os::exact_timers();
  lwp::trace::set_role("disk");
  lwp::trace::Alone recorded("disk");
  auto later = [](const DiskOrder& a, const DiskOrder& b) { return a.end > b.end; };
  std::priority_queue<DiskOrder, std::vector<DiskOrder>, decltype(later)> orders(later);
  while (true) {
    DiskOrder order;
    while (shared.take(order)) orders.push(order);
    if (!orders.empty() && orders.top().end <= os::now()) {
      order = orders.top();
      orders.pop();
      // The reader may be gone with the server; then we are about to be killed.
      if (!os::write(pipes[order.pipe][1].get(), bytes_of(order))) os::exit_now(0);
      continue;
    }
    os::Nanos until = orders.empty() ? os::kNever : orders.top().end;
    shared.asleep_until.store(until, lwp::memory_order_seq_cst);
    lwp::fence();
    if (shared.take(order)) {
      orders.push(order);
    } else {
      recorded.idle(true);
      const bool rang = os::wait_ready(bell.fd(), os::kReadable, until);
      recorded.idle(false);
      if (rang) bell.clear();
    }
    shared.asleep_until.store(0, lwp::memory_order_seq_cst);
  }
}

}  // namespace

SlowDisk::SlowDisk(const DiskSpec& spec)
    : each_(spec.each), hot_(spec.hot), writable_(spec.writable) {
  void* memory = os::shared_memory(sizeof(DiskSharedState));
  if (memory == nullptr) throw std::system_error(ENOMEM, std::generic_category(), "disk ledger");
  shared_ = new (memory) DiskSharedState;
  shared_->ledger.set_heads(spec.heads);
  pipes_.push_back(or_throw(os::pipe(true), "disk pipe"));
  for (std::size_t i = 1; i <= std::max<std::size_t>(spec.readers, 1); ++i) {
    pipes_.push_back(or_throw(os::pipe(), "disk pipe"));
    free_pipes_.push_back(static_cast<std::uint32_t>(i));
  }
  process_ = or_throw(os::fork_process(
                          [this]() -> int {
                            for (auto& p : pipes_) p[0].reset();
                            run_disk(*shared_, bell_, pipes_);
                          },
                          spec.cpus),
                      "disk process");
  for (auto& p : pipes_) p[1].reset();  // a read ends if the disk process does
}
SlowDisk::~SlowDisk() = default;

bool SlowDisk::blocks(const DiskWork& work) const {
  return work.changes() || hot_.empty() || !work.name->starts_with(hot_);
}

Result<DiskDone> SlowDisk::perform(const DiskWork& work) {
  // The place in the ledger is taken before a pipe is waited for: the disk's queue is first come,
  // first served, whatever ours is.
  if (dead_.load(lwp::memory_order_relaxed)) return Result<DiskDone>::failure(EIO);
  auto entry = shared_->ledger.place(os::now(), each_);
  std::uint32_t pipe = take_pipe();
  DiskOrder order{entry.end, pipe, 0};
  while (!shared_->order(order, bell_)) os::yield_cpu();
  auto answered = os::read(pipes_[pipe][0].get(), bytes_of(order));
  give_pipe(pipe);
  if (!answered || *answered != sizeof order) {
    dead_.store(true, lwp::memory_order_relaxed);
    return Result<DiskDone>::failure(EIO);
  }
  return carry_out(work);
}

std::uint32_t SlowDisk::take_pipe() {
  while (true) {
    auto seen = given_back_.load(lwp::memory_order_acquire);
    {
      std::lock_guard guard(lock_);
      if (!free_pipes_.empty()) {
        auto pipe = free_pipes_.back();
        free_pipes_.pop_back();
        return pipe;
      }
    }
    os::futex_wait(given_back_, seen);
  }
}
void SlowDisk::give_pipe(std::uint32_t pipe) {
  {
    std::lock_guard guard(lock_);
    free_pipes_.push_back(pipe);
  }
  given_back_.fetch_add(1, lwp::memory_order_release);
  os::futex_wake(given_back_, 1);
}

// If the disk process dies its pipe ends. Then all work under way and all that comes later fails
// with EIO; the bell takes the pipe's place as what makes the queue readable.
class SlowQueue final : public DiskQueue {
 public:
  explicit SlowQueue(SlowDisk& disk) : disk_(disk) {
    constexpr auto level = os::Poller::Trigger::level;
    (void)ready_.add(pipe(), os::kReadable, level, nullptr).error();
    (void)ready_.add(failure_.fd(), os::kReadable, level, nullptr).error();
    if (!disk.writable_) return;
    helpers_.emplace(at_hand_);
    (void)ready_.add(helpers_->fd(), os::kReadable, level, nullptr).error();
  }
  int fd() const override { return ready_.fd(); }

  void submit(const DiskWork& work, void* tag) override {
    if (dead_) return fail(tag);
    auto entry = disk_.shared_->ledger.place(os::now(), disk_.each_);
    std::uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(jobs_.size());
      jobs_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    jobs_[slot] = {work, tag, true};
    send(DiskOrder{entry.end, kQueuePipe, slot});
  }

  std::size_t take(std::span<Completion> into) override {
    std::size_t n = 0;
    DiskOrder order;
    while (n < into.size() && !dead_) {
      auto got = os::read_at_hand(pipe(), bytes_of(order));
      if (got && *got == 0) die();
      if (!got || *got != sizeof order) break;
      Job& job = jobs_[order.tag];
      job.under_way = false;
      free_.push_back(order.tag);
      if (job.work.changes()) {  // which waits for the machine's disk too
        helpers_->submit(job.work, job.tag);
      } else {
        into[n++] = {job.tag, carry_out(job.work)};
      }
    }
    if (helpers_) n += helpers_->take(into.subspan(n));
    while (n < into.size() && !failed_.empty()) {
      into[n++] = {failed_.back(), Result<DiskDone>::failure(EIO)};
      failed_.pop_back();
    }
    if (dead_ && failed_.empty()) failure_.clear();
    return n;
  }

 private:
  struct Job {
    DiskWork work;
    void* tag = nullptr;
    bool under_way = false;
  };
  int pipe() const { return disk_.pipes_[kQueuePipe][0].get(); }
  void die() {
    dead_ = true;
    ready_.remove(pipe());
    for (Job& job : jobs_) {
      if (job.under_way) fail(job.tag);
    }
  }
  void fail(void* tag) {
    failed_.push_back(tag);
    failure_.ring();
  }
  void send(const DiskOrder& order) {
    while (!disk_.shared_->order(order, disk_.bell_)) os::yield_cpu();
  }

  SlowDisk& disk_;
  std::deque<Job> jobs_;
  std::vector<std::uint32_t> free_;
  os::Poller ready_;  // what makes this queue readable
  os::Bell failure_;
  std::vector<void*> failed_;  // their work, which is to be completed with EIO
  bool dead_ = false;
  NoDisk at_hand_;
  std::optional<HelperQueue> helpers_;  // for changes, once the slow disk's time has passed
};

std::unique_ptr<DiskQueue> SlowDisk::make_queue(By) {
  return std::make_unique<SlowQueue>(*this);
}

}  // namespace weft::servers
