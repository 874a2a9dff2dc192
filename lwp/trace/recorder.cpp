// SPDX-License-Identifier: BSL-1.0
#include "lwp/trace/recorder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "lwp/dump.hpp"
#include "lwp/line.hpp"
#include "lwp/lock.hpp"
#include "lwp/sanitizer.hpp"
#include "lwp/trace/looks.hpp"

namespace weft::lwp::trace {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kMostFull = 1024 * kMiB, kMostFlight = 16 * kMiB;
constexpr std::size_t kLeastAhead = 16, kMostAhead = 512;  // chunks
constexpr os::Nanos kBeat = 10 * os::kMillisecond;
constexpr std::size_t kMostRings = 4096;  // that a flight recorder grows for
constexpr unsigned kBeatsOfNames = 100;
constexpr std::size_t kMostTasksAgain = 1000;
constexpr int kRests = 100;  // the service thread rests so many times as long as it has worked

// ---- strings: static text by its address; filled in order, never emptied ---------------------

constexpr std::size_t kStrings = 1024;
struct StringSlot {
  atomic<const char*> text{nullptr};
  atomic<std::uint32_t> number{0};
};
StringSlot strings[kStrings];

// ---- names of objects, kept whether or not anything is recorded ---------------------------------

constexpr std::size_t kNames = 1024, kNameBytes = 32;
struct ObjectName {
  const void* object = nullptr;
  std::array<char, kNameBytes> text{};
};
Lock names_lock;
std::vector<ObjectName>& names() {
  static auto* all = new std::vector<ObjectName>;  // lives to the very end
  return *all;
}

// ---- the process itself ----

// Its recording, for last words; written before anybody may say them.
std::array<char, 4096> own_file{};

std::array<char, 32> own_role{};  // guarded by names_lock

}  // namespace

class Recorder {
 public:
  static Result<std::unique_ptr<Recorder>> make(const Options& options) {
    using Made = Result<std::unique_ptr<Recorder>>;
    auto fd = os::create_file(options.file, false);
    if (!fd) return Made::failure(fd.error());
    std::unique_ptr<Recorder> r(new Recorder(std::move(*fd), options));
    if (!r->grow(options.flight ? r->most_chunks_.load(memory_order_relaxed) : kLeastAhead)) {
      return Made::failure(r->failed_);
    }
    r->process_ring_ = &r->ring_for(os::thread_id(), 0, 0);
    r->process_ring_->pinned_ = true;
    r->beat_ring_ = &r->ring_for(os::thread_id(), 0, 0);
    r->began_ = os::now();
    r->began_ticks_ = r->beat_ring_->ticks();
    return Made(std::move(r));
  }
  ~Recorder() {
    stopping_.store(true);
    ring_bell();
    service_.join();
    place_losses();
    std::lock_guard lock(rings_lock_);
    for (auto& ring : rings_) close_chunk(*ring);
    for (auto memory : maps_) os::unmap(memory);
  }

  // What an event costs here and now, in ns: the best of some batches, written to no file.
  double event_cost() {
    constexpr int kBatches = 20, kEach = 500;
    alignas(Header) static unsigned char scratch[kChunkBytes];
    Ring ring;
    ring.by_counter_ = by_counter_;
    os::Nanos best = os::kSecond;
    for (int i = 0; i < kBatches; ++i) {
      ring.at_ = scratch;
      ring.end_ = scratch + sizeof scratch;
      const os::Nanos began = os::now();
      for (int k = 0; k < kEach; ++k) ring.record(Event::run, k);
      best = std::min(best, os::now() - began);
    }
    return static_cast<double>(best) / kEach;
  }

  void start_service() {
    service_ = os::Thread("weft-trace", [this] { serve(); });
  }

  // Opens one for the calling thread, which may wait: with its first chunk, because threads begin
  // faster than the service thread could keep chunks ahead of them.
  Ring& open_ring(const Lwp& l, std::uint32_t runtime, std::uint64_t only_fiber = 0) {
    sanitizer::Hidden hidden;
    Ring& ring = ring_for(os::thread_id(), l.index, runtime);
    if (flight_) keep_chunks_turning();
    Header* first = take();
    while (first == nullptr && !flight_ && grow(kLeastAhead)) first = take();
    if (first != nullptr) give(ring, first);
    if (l.index != 0) set_owner(ring, &l, only_fiber);
    return ring;
  }
  void set_owner(Ring& ring, const Lwp* l, std::uint64_t only_fiber) {
    Uninterrupted here(*current());
    std::lock_guard lock(rings_lock_);
    ring.of_ = l;
    ring.opened_ = os::now();
    ring.opened_cpu_ = os::thread_cpu();
    ring.only_fiber_ = only_fiber;
  }

  // Perhaps that of a thread that has ended.
  Ring& ring_for(int thread, int lwp, std::uint32_t runtime) {
    std::lock_guard lock(rings_lock_);
    Ring* ring = nullptr;
    for (auto& each : rings_) {
      if (!each->in_use_.load(memory_order_acquire)) ring = each.get();
    }
    if (ring == nullptr) {
      rings_.push_back(std::make_unique<Ring>());
      ring = rings_.back().get();
      ring->number_ = static_cast<std::uint32_t>(rings_.size());
    }
    ring->by_counter_ = by_counter_;
    ring->thread_ = static_cast<std::uint32_t>(thread);
    ring->lwp_ = static_cast<std::uint32_t>(lwp);
    ring->runtime_ = runtime;
    ring->in_use_.store(true, memory_order_release);
    return *ring;
  }
  // By its own thread.
  void close(Ring& ring) {
    sanitizer::Hidden hidden;
    if (ring.lwp_ != 0) {
      ring.record(Event::away);
      set_owner(ring, nullptr, 0);
    }
    if (ring.lwp_ != 0) give_sched(ring.thread_);
    close_chunk(ring);
    ring.in_use_.store(false, memory_order_release);
  }

  // By the ring's own thread, perhaps in core: takes no memory and does not wait.
  bool next_chunk(Ring& ring) {
    Header* fresh = take();
    if (fresh == nullptr) {  // its last chunk stays open, and says how many came too late for it
      if (!ring.counts_loss()) unplaced_.fetch_add(1, memory_order_relaxed);
      dropped_.fetch_add(1, memory_order_relaxed);
      return false;
    }
    close_chunk(ring);
    give(ring, fresh);
    return true;
  }

  /// Facts of the process, kept by a flight recorder, too: any thread, one at a time.
  template <class Write>
  void in_process_ring(Write&& write) {
    in_ring(*process_ring_, write);
  }
  /// The same, not kept.
  template <class Write>
  void in_passing(Write&& write) {
    in_ring(*beat_ring_, write);
  }

  std::uint32_t process() const { return process_; }
  std::uint32_t number_of(const char* text);
  Cost cost() {
    std::lock_guard lock(rings_lock_);
    Cost sum;
    for (auto& ring : rings_) {
      sum.events += ring->events_.load(memory_order_relaxed);
      sum.bytes += ring->bytes_.load(memory_order_relaxed);
    }
    sum.dropped = dropped_.load(memory_order_relaxed);
    return sum;
  }

 private:
  Recorder(os::Fd fd, const Options& options)
      : fd_(std::move(fd)),
        flight_(options.flight),
        by_counter_(arch::has_ticks() && !os::clock_is_manual()),
        process_(static_cast<std::uint32_t>(os::process_id())) {
    std::size_t bytes = options.most_bytes;
    if (bytes == 0) bytes = flight_ ? kMostFlight : kMostFull;
    const std::size_t most = std::max<std::size_t>(bytes / kChunkBytes, kLeastAhead);
    most_chunks_.store(most, memory_order_relaxed);
    // Nothing is allocated later, under a lock that is taken in core.
    const std::size_t room = most + kChunksARing * kMostRings;
    free_.reserve(flight_ ? room : kMostAhead);
    if (flight_) full_.resize(room);
  }

  // Each ring has a chunk that is open: there must be others, or none is ever the oldest. A flight
  // recorder of more threads than chunks grows.
  void keep_chunks_turning() {
    std::size_t wanted;
    {
      std::lock_guard lock(rings_lock_);
      wanted = kChunksARing * std::min(rings_.size(), kMostRings);
    }
    const std::size_t there = chunks_.load(memory_order_relaxed);
    if (wanted <= there) return;
    most_chunks_.store(std::max(most_chunks_.load(memory_order_relaxed), wanted),
                       memory_order_relaxed);
    grow(wanted - there);
  }

  // False if the file is as long as it may be, or the disk is full: then it stays so.
  bool grow(std::size_t chunks) {
    std::lock_guard growing(grow_lock_);
    const std::size_t room = free_.capacity() - free_count_.load(memory_order_relaxed);
    const std::size_t most = most_chunks_.load(memory_order_relaxed);
    chunks = std::min({chunks, room, most - std::min(most, chunks_.load(memory_order_relaxed))});
    if (chunks == 0 || failed_ != 0) return false;
    auto memory = os::append_mapped(fd_.get(), chunks * kChunkBytes);
    if (!memory) {
      failed_ = memory.error();
      return false;
    }
    maps_.push_back(*memory);
    chunks_.fetch_add(chunks, memory_order_relaxed);
    std::lock_guard lock(chunks_lock_);
    for (std::size_t i = chunks; i-- > 0;) {  // the first is taken first
      free_.push_back(reinterpret_cast<Header*>(memory->data() + i * kChunkBytes));
    }
    free_count_.store(free_.size(), memory_order_relaxed);
    return true;
  }

  Header* take() {
    if (!flight_ && free_count_.load(memory_order_relaxed) == 0) {
      ring_bell();
      return nullptr;
    }
    std::lock_guard lock(chunks_lock_);
    Header* chunk = nullptr;
    if (!free_.empty()) {
      chunk = free_.back();
      free_.pop_back();
      free_count_.store(free_.size(), memory_order_relaxed);
      if (!flight_ && free_.size() == kLeastAhead / 2) ring_bell();
    } else if (flight_ && full_count_ > 0) {
      chunk = full_[full_first_];  // the oldest
      full_first_ = (full_first_ + 1) % full_.size();
      --full_count_;
      chunk->magic = 0;
      compiler_fence();
      std::memset(static_cast<void*>(chunk), 0, kChunkBytes);
    }
    return chunk;
  }

  void give(Ring& ring, Header* fresh) {
    *fresh = Header{};
    fresh->process = process_;
    fresh->ring = ring.number_;
    fresh->thread = ring.thread_;
    fresh->lwp = ring.lwp_;
    fresh->runtime = ring.runtime_;
    fresh->sequence = ++ring.sequence_;
    fresh->dropped = ring.dropped_;
    fresh->nanos[0] = os::now();
    fresh->ticks[0] = ring.ticks();
    ring.last_.store(fresh->ticks[0], memory_order_relaxed);
    compiler_fence();  // pairs with who reads the file while it is written
    fresh->magic = kMagic;
    ring.chunk_ = fresh;
    ring.at_ = reinterpret_cast<unsigned char*>(fresh + 1);
    ring.end_ = reinterpret_cast<unsigned char*>(fresh) + kChunkBytes;
  }

  void close_chunk(Ring& ring) {
    Header* chunk = std::exchange(ring.chunk_, nullptr);
    const auto* end = reinterpret_cast<const std::byte*>(ring.at_);
    ring.at_ = ring.end_ = nullptr;
    if (chunk == nullptr) return;
    const auto used = static_cast<std::uint64_t>(end - reinterpret_cast<std::byte*>(chunk));
    ring.bytes_.store(ring.bytes_.load(memory_order_relaxed) + used, memory_order_relaxed);
    chunk->nanos[1] = os::now();
    chunk->ticks[1] = ring.ticks();
    if (!flight_ || ring.pinned_) return;
    std::lock_guard lock(chunks_lock_);
    full_[(full_first_ + full_count_++) % full_.size()] = chunk;
  }

  void give_sched(std::uint32_t thread) {
    const auto times = os::schedule_times(static_cast<int>(thread));
    if (times.ran == 0) return;
    std::lock_guard lock(process_lock_);
    beat_ring_->record(Event::sched, thread, times.ran, times.waited);
  }

  template <class Write>
  void in_ring(Ring& ring, Write& write) {
    sanitizer::Hidden hidden;
    Uninterrupted here(*current());
    std::lock_guard lock(process_lock_);
    write(ring);
  }

  void ring_bell() {
    bell_.fetch_add(1);
    os::futex_wake(bell_, 1);
  }

  // Keeps chunks ahead of the rings: as many as were used in the last four beats. Between beats it
  // looks at LWPs, while any of them does something.
  void serve() {
    os::not_metered();
    os::exact_timers();
    os::has(os::Feature::proc_syscall);  // probed now, not in a look
    os::Nanos next = os::now(), next_look = next, next_times = next;
    std::size_t used_before = 0;
    unsigned beats = 0;
    os::Nanos rested_at = os::thread_cpu();
    while (!stopping_.load()) {
      const std::uint32_t rung = bell_.load();
      const os::Nanos waking = os::thread_cpu() - rested_at;
      const std::size_t ahead = free_count_.load(memory_order_relaxed);
      const std::size_t used = chunks_.load(memory_order_relaxed) - ahead;
      const std::size_t wanted =
          std::min(std::max(kLeastAhead, 4 * (used - std::min(used, used_before))), kMostAhead);
      if (!flight_ && ahead < wanted) grow(2 * wanted - ahead);  // many at once: each asks the disk
      if (os::now() >= next) {
        used_before = used;
        next = os::now() + kBeat;
        beat();
        if (flight_ && ++beats % kBeatsOfNames == 0) say_again();
      }
      if (os::now() >= next_times) {
        const os::Nanos began = os::thread_cpu();
        look_at_times();
        next_times = os::now() + std::max(kBeat, kRests * (os::thread_cpu() - began));
      }
      if (os::now() >= next_look) {
        const os::Nanos began = os::thread_cpu();
        look_at_lwps();
        next_look = looks_.next(os::now(), waking + os::thread_cpu() - began, kBeat);
      }
      rested_at = os::thread_cpu();
      os::futex_wait(bell_, rung, std::min({next, next_look, next_times}));
    }
  }

  void look_at_lwps() {
    sanitizer::Hidden hidden;
    {
      std::lock_guard lock(rings_lock_);
      moments_.resize(rings_.size());
      for (std::size_t i = 0; i < rings_.size(); ++i) moments_[i] = {rings_[i].get(), {}};
      const os::Nanos now = os::now();
      const std::uint64_t ticks = beat_ring_->ticks();
      const double speed = static_cast<double>(now - began_) /
                           static_cast<double>(std::max<std::uint64_t>(ticks - began_ticks_, 1));
      for (auto& [ring, moment] : moments_) {
        moment = moment_of(*ring);
        const auto ago = static_cast<std::int64_t>(ticks - ring->last_.load(memory_order_relaxed));
        moment.latest = now - static_cast<os::Nanos>(static_cast<double>(ago) * speed);
      }
    }
    looks_.begin(moments_.size());
    for (std::size_t i = 0; i < moments_.size(); ++i) {
      const auto& [ring, m] = moments_[i];
      const Look look = looks_.at(i, m, [ring = ring, events = m.events] {
        return ring->events_.load(memory_order_relaxed) == events;
      });
      if (look.awake_ago < 0 && look.asleep_ago < 0) continue;
      const std::uint32_t call = look.call == nullptr ? 0 : number_of(look.call);
      std::lock_guard lock(process_lock_);
      if (look.awake_ago >= 0) {
        beat_ring_->record(Event::awake, m.thread, m.fiber, look.awake_ago);
      }
      if (look.asleep_ago >= 0) {
        beat_ring_->record_text(Event::seen, look.path.data(), m.thread, m.fiber, call,
                                look.descriptor + 1, look.asleep_ago);
      }
    }
  }
  // REQUIRES rings_lock_.
  static Moment moment_of(const Ring& ring) {
    Moment m;
    const Lwp* l = ring.of_;
    if (l == nullptr) return m;
    m.thread = static_cast<int>(ring.thread_);
    m.opened = ring.opened_;
    m.opened_cpu = ring.opened_cpu_;
    m.events = ring.events_.load(memory_order_relaxed);
    const Task* task = l->running.load(memory_order_relaxed);
    const Event latest = ring.latest_.load(memory_order_relaxed);
    m.announced = latest == Event::block;
    m.fiber = task != nullptr ? task->id() : ring.only_fiber_;
    m.carries = m.fiber != 0 && !l->in_core.load(memory_order_relaxed) && goes_on_after(latest);
    return m;
  }

  // A fiber's creation may be overwritten while it lives, and so may what it began to wait for. Of
  // many it is said in turns.
  void say_again() {
    struct Turn {
      Recorder& recorder;
      std::size_t passed = 0;
    } turn{*this};
    each_known(
        [](const Scheduler& s, void* of) {
          auto& [r, passed] = *static_cast<Turn*>(of);
          for (const Task* t = s.all_tasks(); t != nullptr; t = t->all_next) {
            if (!t->live.load(memory_order_acquire) || passed++ < r.said_again_) continue;
            if (passed > r.said_again_ + kMostTasksAgain) return;
            r.say_again(s, *t);
          }
        },
        &turn);
    said_again_ = turn.passed > said_again_ + kMostTasksAgain ? said_again_ + kMostTasksAgain : 0;
  }
  void say_again(const Scheduler& s, const Task& t) {
    std::array<char, Task::kNameBytes> name;
    const auto token = t.token.load(memory_order_relaxed);
    const char* waits = t.waits_for.load(memory_order_relaxed);
    const bool parked = token == Task::kParked || token == Task::kTimedPark;
    const std::uint32_t reason = parked && waits != nullptr ? number_of(waits) : 0;
    const auto object = reinterpret_cast<std::uintptr_t>(t.waits_object.load(memory_order_relaxed));
    const std::uint64_t owner = t.waits_owner.load(memory_order_relaxed);
    std::lock_guard lock(process_lock_);
    beat_ring_->record_text(Event::name, t.name(name), t.id(), s.traced_as);
    if (reason == 0) return;
    if (owner != 0) beat_ring_->record(Event::owns, owner, s.traced_as, reason, object);
    beat_ring_->record(Event::waiting, t.id(), s.traced_as, reason, object);
  }

  // REQUIRES process_lock_, or nobody else.
  void place_losses() {
    if (process_ring_->chunk_ == nullptr) return;
    process_ring_->chunk_->dropped_after += unplaced_.exchange(0);
  }

  void beat() {
    std::lock_guard lock(process_lock_);
    beat_ring_->record(Event::clock, os::now());
    place_losses();
  }

  // How long each LWP ran and had no processor; of one that has long slept there is nothing new.
  void look_at_times() {
    threads_.clear();
    {
      std::lock_guard lock(rings_lock_);
      for (auto& ring : rings_) {
        if (!ring->in_use_.load(memory_order_acquire) || ring->lwp_ == 0) continue;
        const std::uint64_t events = ring->events_.load(memory_order_relaxed);
        const bool awake = goes_on_after(ring->latest_.load(memory_order_relaxed));
        if (std::exchange(ring->events_seen_, events) == events && !awake) continue;
        threads_.push_back(ring->thread_);
      }
    }
    for (const std::uint32_t thread : threads_) give_sched(thread);
  }

  const os::Fd fd_;
  const bool flight_, by_counter_;
  const std::uint32_t process_;
  static constexpr std::size_t kChunksARing = 4;
  atomic<std::size_t> most_chunks_{0};
  os::Nanos began_ = 0;
  std::uint64_t began_ticks_ = 0;

  Lock chunks_lock_;
  std::vector<Header*> free_;  // guarded by chunks_lock_
  std::vector<Header*> full_;  // a ring of a flight recorder's closed chunks; likewise
  std::size_t full_first_ = 0, full_count_ = 0;
  atomic<std::size_t> free_count_{0};
  atomic<std::size_t> chunks_{0};  // of the file, that are ours
  Lock grow_lock_;
  std::vector<std::span<std::byte>> maps_;  // guarded by grow_lock_
  int failed_ = 0;                          // an errno; likewise
  atomic<std::uint64_t> dropped_{0};
  atomic<std::uint64_t> unplaced_{0};  // of these, by rings that had no chunk to say so

  Lock rings_lock_;
  std::vector<std::unique_ptr<Ring>> rings_;  // guarded by rings_lock_; only grows

  Looks looks_;  // of the service thread, as the next
  std::vector<std::pair<const Ring*, Moment>> moments_;
  std::vector<std::uint32_t> threads_;
  std::size_t said_again_ = 0;  // tasks, of this round

  Lock process_lock_;
  Ring* process_ring_ = nullptr;  // written under process_lock_, as the next
  Ring* beat_ring_ = nullptr;     // what the service thread sees
  Lock strings_lock_;
  std::uint32_t last_string_ = 0;  // guarded by strings_lock_

  atomic<bool> stopping_{false};
  atomic<std::uint32_t> bell_{0};  // futex
  os::Thread service_;
};

namespace {
atomic<Recorder*> recorder{nullptr};

// Null also where it is the parent's, after a fork.
Recorder* of_this_process() {
  Recorder* r = recorder.load(memory_order_acquire);
  const bool own = r != nullptr && r->process() == static_cast<std::uint32_t>(os::process_id());
  return own ? r : nullptr;
}
}  // namespace

bool Ring::next_chunk() {
  Recorder* r = recorder.load(memory_order_relaxed);
  return r != nullptr && r->next_chunk(*this);
}

// Found without a lock: a slot's number is written before its text, and neither changes.
std::uint32_t Recorder::number_of(const char* text) {
  const auto hash = reinterpret_cast<std::uintptr_t>(text) * 0x9e3779b97f4a7c15u >> 32;
  for (std::size_t i = 0; i < kStrings; ++i) {
    StringSlot& slot = strings[(hash + i) % kStrings];
    const char* there = slot.text.load(memory_order_acquire);
    if (there == text) return slot.number.load(memory_order_relaxed);
    if (there != nullptr) continue;
    std::lock_guard lock(strings_lock_);
    there = slot.text.load(memory_order_relaxed);
    if (there == text) return slot.number.load(memory_order_relaxed);
    if (there != nullptr) continue;
    const std::uint32_t number = ++last_string_;
    in_process_ring([&](Ring& to) { to.record_text(Event::string, text, number); });
    slot.number.store(number, memory_order_relaxed);
    slot.text.store(text, memory_order_release);
    return number;
  }
  return 0;
}

Result<void> start(const Options& options) {
  if (is_on()) return Result<void>::failure(EALREADY);
  auto made = Recorder::make(options);
  if (!made) return Result<void>::failure(made.error());
  for (auto& slot : strings) slot.text.store(nullptr, memory_order_relaxed);
  Recorder* r = made->release();
  recorder.store(r, memory_order_release);
  own_file = {};
  if (!options.followed) options.file.copy(own_file.data(), own_file.size() - 1);
  os::on_crash([] { say_where(2); });
  r->start_service();
  r->in_process_ring([](Ring& to) { to.record(Event::born, os::parent_id()); });
  std::atexit([] {
    if (Recorder* own = of_this_process()) {
      own->in_process_ring([](Ring& to) { to.record(Event::gone); });
    }
  });
  fact("command", os::command_line());
  if (options.flight) fact("kept", "last");
  fact("event_ns", std::to_string(r->event_cost()));
  fact("processors", std::to_string(os::allowed_cpus().size()));
  std::lock_guard lock(names_lock);
  if (own_role[0] != '\0') {
    r->in_process_ring([](Ring& to) { to.record_text(Event::role, own_role.data()); });
  }
  for (const auto& each : names()) {
    r->in_process_ring([&](Ring& to) {
      to.record_text(Event::object, each.text.data(),
                     reinterpret_cast<std::uintptr_t>(each.object));
    });
  }
  return {};
}

void stop() {
  delete recorder.exchange(nullptr);
}

void start_from_environment() {
  static Lock lock;
  static std::uint32_t looked_in = 0;  // a process; guarded by lock
  std::lock_guard guard(lock);
  const auto here = static_cast<std::uint32_t>(os::process_id());
  Recorder* inherited = recorder.load(memory_order_acquire);
  if (inherited != nullptr && inherited->process() != here) {  // after a fork it is the parent's
    recorder.store(nullptr, memory_order_release);
  }
  if (std::exchange(looked_in, here) == here) return;
  const char* asked = std::getenv("WEFT_TRACE");
  if (asked == nullptr || *asked == '\0') return;
  const Options options = options_of(asked);
  auto started = start(options);
  if (started || started.error() == EALREADY) return;
  Line line;
  line.text("weft: WEFT_TRACE=").text(std::string_view(asked).substr(0, 80)).text(": ");
  line.text(std::strerror(started.error())).text(", so nothing is recorded; name a file ");
  line.text("that can be written").end(2);
}

bool is_on() {
  return recorder.load(memory_order_relaxed) != nullptr;
}

Cost cost() {
  Recorder* r = recorder.load(memory_order_acquire);
  return r == nullptr ? Cost{} : r->cost();
}

void open(Lwp& l, const Scheduler* of) {
  Recorder* r = recorder.load(memory_order_acquire);
  if (r == nullptr || l.ring != nullptr) return;
  if (of == nullptr) of = l.scheduler;
  l.ring = &r->open_ring(l, of == nullptr ? 0 : of->traced_as);
}

void close(Lwp& l) {
  Ring* ring = std::exchange(l.ring, nullptr);
  if (Recorder* r = recorder.load(memory_order_acquire); r != nullptr && ring != nullptr) {
    r->close(*ring);
  }
}

std::uint32_t number_of(const char* text) {
  Recorder* r = recorder.load(memory_order_acquire);
  return r == nullptr || text == nullptr ? 0 : r->number_of(text);
}

void runtime_begins(const Scheduler& s, std::string_view more) {
  Recorder* r = recorder.load(memory_order_acquire);
  if (r == nullptr) return;
  Line line;
  s.describe(line);
  if (!more.empty()) line.text(", ").text(more);
  r->in_process_ring([&](Ring& to) { to.record_text(Event::runtime, line.view(), s.traced_as); });
}

void fact(std::string_view key, std::string_view value) {
  Recorder* r = of_this_process();
  if (r == nullptr) return;
  std::string both(key.substr(0, Ring::kMostText / 4));
  both += '=';
  both += value;
  r->in_process_ring([&](Ring& to) { to.record_text(Event::fact, both); });
}

void set_role(std::string_view role) {
  std::lock_guard lock(names_lock);
  own_role = {};
  role.copy(own_role.data(), own_role.size() - 1);
  if (Recorder* r = of_this_process()) {
    r->in_process_ring([](Ring& to) { to.record_text(Event::role, own_role.data()); });
  }
}

Alone::Alone(std::string_view name) {
  start_from_environment();
  Recorder* r = recorder.load(memory_order_acquire);
  Lwp* l = current();
  if (r == nullptr || l != outsider() || l->ring != nullptr) return;
  constexpr std::uint64_t kFiber = 1;
  const std::uint32_t runtime = next_runtime();
  r->in_process_ring([&](Ring& to) { to.record_text(Event::runtime, "a kernel thread", runtime); });
  l->index = 1;
  ring_ = l->ring = &r->open_ring(*l, runtime, kFiber);
  ring_->record_text(Event::create, name, kFiber);
  ring_->record(Event::run, kFiber);
}

Alone::~Alone() {
  if (ring_ == nullptr) return;
  Lwp* l = outsider();
  ring_->record(Event::done);
  close(*l);
  l->index = 0;
}

void Alone::idle(bool begins) {
  if (ring_ == nullptr) return;
  if (begins) {
    ring_->record(Event::park, number_of("any fd"), 0);
    ring_->also(Event::idle);
  } else {
    ring_->record(Event::busy);
    ring_->also(Event::run, 1);
  }
}

void Alone::blocks(const char* call) {
  if (ring_ != nullptr) ring_->record(Event::block, number_of(call));
}

void Alone::unblocked() {
  if (ring_ != nullptr) ring_->record(Event::unblock, 0);
}

void name_object(const void* object, std::string_view name) {
  ObjectName entry;
  entry.object = object;
  name.copy(entry.text.data(), entry.text.size() - 1);
  std::lock_guard lock(names_lock);
  auto at = std::find_if(names().begin(), names().end(),
                         [&](const ObjectName& each) { return each.object == object; });
  const bool again = at != names().end();
  if (again) {
    if (at->text == entry.text) return;
    *at = entry;
  } else if (names().size() < kNames) {
    names().push_back(entry);
  } else {
    return;
  }
  if (Recorder* r = of_this_process()) {
    auto write = [&](Ring& to) {
      to.record_text(Event::object, entry.text.data(), reinterpret_cast<std::uintptr_t>(object));
    };
    // A place in memory may be named again and again, by object after object: for a while only.
    again ? r->in_passing(write) : r->in_process_ring(write);
  }
}

void say_where(int fd) {
  const std::string_view file = own_file.data();
  if (!is_on() || file.empty()) return;
  os::write_out(fd, "weft: recorded until here: ./weft report ");
  os::write_out(fd, file);  // longer, perhaps, than a Line
  os::write_out(fd, "\n");
}

void name_all(const Scheduler& s) {
  Recorder* r = recorder.load(memory_order_acquire);
  if (r == nullptr) return;
  for (const Task* t = s.all_tasks(); t != nullptr; t = t->all_next) {
    if (!t->live.load(memory_order_acquire)) continue;
    std::array<char, Task::kNameBytes> name;
    r->in_process_ring(
        [&](Ring& to) { to.record_text(Event::name, t->name(name), t->id(), s.traced_as); });
  }
}

}  // namespace weft::lwp::trace
