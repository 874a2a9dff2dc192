// SPDX-License-Identifier: BSL-1.0
#include "lwp/pool.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "lwp/line.hpp"
#include "lwp/policy_table.hpp"
#include "lwp/trace/hooks.hpp"

namespace weft::lwp {

Pool::Pool(const Config& config)
    : config_(config), type_(policy_named(config.policy).value_or(PolicyType{})) {
  if (type_.make == nullptr || config.permits < 1) {
    throw std::invalid_argument("Pool: no such policy, or no permit");
  }
  for (int i = 0; i < config.permits; ++i) {
    if (i == 0 || type_.traits.scope == Scope::permit) {
      queues_.push_back(
          std::make_unique<RunQueue>(type_, config.seed + queues_.size(), config.preempt > 0));
      queues_.back()->index = queues_.size() - 1;
    }
    permits_.push_back(std::make_unique<Permit>());
    permits_.back()->queue = queues_.back().get();
  }
  int most = std::max(config.max_lwps, config.permits);
  threads_.reserve(static_cast<std::size_t>(most));
  for (int i = 0; i < most; ++i) {
    lwps_.push_back(std::make_unique<Lwp>());
    Lwp& l = *lwps_.back();
    l.index = i + 1;
    l.solo = config.permits == 1;
    l.alone = l.solo;
    l.direct = true;
    l.scheduler = this;
  }
  if (config.watch != Config::Watch::none) {
    sentinel_ =
        std::make_unique<Sentinel>(*this, config.watch == Config::Watch::hand_off, config.preempt);
  }
  reactor_.add_wakener(bell_.fd());
  reactor_.add_wakener(alarm_.fd());
}

Pool::~Pool() = default;

void Pool::run(Task& first) {
  stopping_.store(false, memory_order_relaxed);
  lwp_count_.store(1, memory_order_relaxed);
  Lwp& l = *lwps_[0];
  l.permit = permits_[0].get();
  adopt(&l);
  trace::open(l);
  begin_lwp(l);
  if (config_.preempt > 0) let_preempt();
  start_lwps();
  enter(l);
  born(l, first);
  for (std::size_t i = 1; i < permits_.size(); ++i) {
    trace::permit_goes(nullptr, *lwps_[i]);
    grant(*lwps_[i], *permits_[i]);
  }
  work(l);
  leave(l);
  trace::close(l);
  adopt(nullptr);
  if (sentinel_ != nullptr) sentinel_->stop();
  {
    sanitizer::Hidden hidden;
    sanitizer::acquire(&threads_);
  }
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  sanitizer::Hidden hidden;
  spares_ = vacant_ = nullptr;
  vacant_count_.store(0);
  for (auto& each : lwps_) {
    each->permit = nullptr;
    each->revoked.store(false, memory_order_relaxed);
    each->grant.store(0, memory_order_relaxed);
  }
}

// All or none: only when every LWP waits for its permit is the first task offered to them.
void Pool::start_lwps() {
  try {
    for (std::size_t i = 1; i < permits_.size(); ++i) {
      sanitizer::Hidden hidden;
      std::lock_guard lock(handoff_);
      start_lwp();
    }
    if (config_.preempt > 0) start_spares();
    if (sentinel_ != nullptr) sentinel_->start();
  } catch (...) {
    for (auto& each : lwps_) stop_waiting(*each);
    threads_.clear();  // joins them
    spares_ = nullptr;
    for (auto& each : lwps_) each->grant.store(0, memory_order_relaxed);
    trace::close(*lwps_[0]);
    adopt(nullptr);
    throw;
  }
}

void Pool::work(Lwp& l) {
  while (!stopping_.load(memory_order_acquire)) {
    Task* task = pick(l);
    if (task == nullptr) {
      idle(l);
    } else if (task->bound != nullptr) {
      l.owed_permit = task;
    } else {
      l.running.store(task, memory_order_relaxed);
      trace::runs(l, *task);
      Left left = task->run(l);
      // Of who left for a task bound elsewhere the time is accounted: the turn is that one's now.
      if (l.owed_permit == nullptr) account(l, left.how);
      l.running.store(nullptr, memory_order_relaxed);
      settle(l, left);
    }
    if (l.owed_permit != nullptr) pay_owed_permit(l);
    if (l.permit == nullptr) return;  // retired, or the run has ended meanwhile
  }
  bell_.ring();  // rings may melt into one: each LWP that leaves passes it on
}

void Pool::idle(Lwp& l) {
  look(l);
  if (search(l) || spin(l)) return;
  // In solo the mark may be that of the LWP that had the permit before.
  if (std::exchange(l.searching, false) || l.solo) searching_.store(false, memory_order_relaxed);
  idle_count_.fetch_add(1, memory_order_seq_cst);
  fence();  // pairs with the fences in make_ready() and post()
  const bool own = l.permit->queue->size.load(memory_order_relaxed) > 0;
  if (!something_to_do() || (!own && lingering_.load(memory_order_relaxed))) {
    if (nobody_lives()) {
      no_longer_idle();
      return stop();
    }
    if (nobody_can_wake() && on_deadlock != nullptr) on_deadlock(*this);
    if (!solo()) arm_alarm();
    l.idle.store(true, memory_order_relaxed);
    trace::idle(l, true);
    Reactor::Events events;
    reactor_.wait(events, solo() ? next_deadline_.load(memory_order_relaxed) : os::kNever);
    trace::idle(l, false);
    l.idle.store(false, memory_order_relaxed);
    no_longer_idle();
    // We are the one that searches: what these events make ready need wake nobody else, until
    // pick() has found the first of it.
    now_searches(l);
    reactor_.deliver(l, events);
    // Perhaps the alarm woke us, and what pick() returns may run long.
    if (next_deadline_.load(memory_order_relaxed) != os::kNever) expire_timers(l);
  } else {
    no_longer_idle();
    now_searches(l);
  }
}

// To sleep and be woken takes the kernel tens of microseconds, which whoever waits for us pays. Who
// spins pays in CPU time instead. True if there may be something to do.
bool Pool::spin(Lwp& l) {
  if (config_.spin == 0 || arch::kSimulated || os::clock_is_manual()) return false;
  if (spinning_.exchange(true, memory_order_relaxed)) return false;
  trace::idle(l, true);
  const os::Nanos end = os::now() + config_.spin;
  bool found = false;
  while (!found && os::now() < end) {
    arch::pause();
    look(l);
    found = something_to_do();
  }
  trace::idle(l, false);
  spinning_.store(false, memory_order_relaxed);
  return found;
}

void Pool::no_longer_idle() {
  idle_exits_.fetch_add(1, memory_order_seq_cst);
  idle_count_.fetch_sub(1, memory_order_seq_cst);
}

bool Pool::something_to_do() const {
  return ready_count() > 0 || mail_.load(memory_order_relaxed) ||
         stopping_.load(memory_order_relaxed);
}

// Each counter is its writer's own, so they are not read at one moment. But they only grow, and who
// sees a death sees the births before it: if as many were born, counted later, as had died, counted
// earlier, then nobody lived in between. Only tasks make tasks, and attached threads.
bool Pool::nobody_lives() const {
  std::uint64_t died = detaches_.load(memory_order_acquire);
  for (const auto& p : permits_) died += p->died.load(memory_order_acquire);
  return attaches_.load(memory_order_acquire) + tasks_born() == died;
}

// True only if all of it was so at one moment: all LWPs were idle from the first look to the last,
// because none has stopped being idle in between, and what threads outside brought before they
// said that they will bring no more is in the inbox, which is looked at after that.
bool Pool::nobody_can_wake() const {
  fence();
  std::uint64_t exits = idle_exits_.load(memory_order_seq_cst);
  return idle_count_.load(memory_order_seq_cst) == static_cast<int>(permits_.size()) &&
         !nobody_lives() && reactor_.waiting() == 0 &&
         next_deadline_.load(memory_order_acquire) == os::kNever &&
         outside_.load(memory_order_seq_cst) == 0 && !something_to_do() &&
         idle_exits_.load(memory_order_seq_cst) == exits;
}

// Timers and events, without waiting.
void Pool::look(Lwp& l) {
  l.attends = true;
  if (queues_.size() > 1) relieve_the_stuck(l);
  bool woken = false;
  if (reactor_.waiting() > 0) {
    Reactor::Events events;
    reactor_.wait(events, 0);
    woken = reactor_.deliver(l, events);
  }
  // After the events: an alarm among them, which nobody else will hear, is for what is due now.
  if (next_deadline_.load(memory_order_relaxed) != os::kNever) expire_timers(l);
  if (woken) found_work(l);  // a ring was meant for a sleeper: it is passed on
  l.attends = false;
}

void Pool::expire_timers(Lwp& l) {
  os::Nanos now = os::now();
  while (next_deadline_.load(memory_order_relaxed) <= now) {
    if (!l.solo) timers_lock_.lock();
    Task* task = timers_.expire(now);
    next_deadline_.store(timers_.next(), memory_order_relaxed);
    if (!l.solo) timers_lock_.unlock();
    if (task != nullptr) unpark_here(l, *task);
  }
  // This LWP may now run something long, so a sleeping one must be called for the next deadline.
  if (!l.solo && idle_count_.load(memory_order_relaxed) > 0) arm_alarm();
}

void Pool::arm_alarm() {
  timers_lock_.lock();
  // One in the past has rung already, perhaps for an earlier timer of the same deadline.
  if (alarm_at_ != timers_.next() || alarm_at_ <= os::now()) {
    alarm_at_ = timers_.next();
    alarm_.set(alarm_at_);
  }
  timers_lock_.unlock();
}

void Pool::park_until(Core& core, Waiter& w, Reason why, os::Nanos deadline) {
  Timer timer(deadline, w);
  Lwp& l = core.lwp();
  if (!l.solo) timers_lock_.lock();
  timers_.arm(timer);
  bool earliest = timers_.next() == deadline;
  next_deadline_.store(timers_.next(), memory_order_relaxed);
  if (!l.solo) {
    timers_lock_.unlock();
    fence();  // pairs with the fence in idle(): it sees the deadline, or we see it idle
    if (earliest && idle_count_.load(memory_order_relaxed) > 0) arm_alarm();
  }
  while (w.waiting()) park(core, why);
  if (!core.lwp().solo) timers_lock_.lock();
  timers_.disarm(timer);
  next_deadline_.store(timers_.next(), memory_order_relaxed);
  if (!core.lwp().solo) timers_lock_.unlock();
}

void Pool::now_searches(Lwp& l) {
  l.searching = true;
  searching_.store(true, memory_order_relaxed);
}

void Pool::found_work(Lwp& l) {
  l.searching = false;
  searching_.store(false, memory_order_relaxed);
  fence();  // pairs with make_ready() and post(): they find it unset, or we see what they brought
  if (idle_count_.load(memory_order_relaxed) > 0 && something_to_do()) wake_one();
}

void Pool::wake_one() {
  if (!searching_.load(memory_order_relaxed) && !searching_.exchange(true)) bell_.ring();
}

void Pool::stop() {
  handoff_.lock();
  stopping_.store(true, memory_order_seq_cst);  // under the lock: from now on no LWP is started
  for (Lwp* spare = spares_; spare != nullptr; spare = spare->next_spare) {
    stop_waiting(*spare);
  }
  handoff_.unlock();
  bell_.ring();
}

// ---- messages -------------------------------------------------------------------------------

void Pool::unpark(Task& task) {
  sanitizer::Hidden hidden;
  if (!task.in_inbox.exchange(true, memory_order_acq_rel)) {
    Task* head = inbox_.load(memory_order_relaxed);
    do task.inbox_next = head;
    while (!inbox_.compare_exchange_weak(head, &task, memory_order_release, memory_order_relaxed));
  }
  post();
}

void Pool::post() {
  mail_.store(true, memory_order_seq_cst);
  fence();  // pairs with the fence in idle()
  if (idle_count_.load(memory_order_relaxed) > 0) {
    wake_one();
  } else if (sentinel_ != nullptr) {
    sentinel_->raise(Sentinel::kNet);  // perhaps every LWP sleeps in the kernel
  }
}

void Pool::read_mail(Lwp& l) {
  l.attends = true;
  mail_.store(false, memory_order_seq_cst);
  if (joining_.load(memory_order_relaxed) != nullptr || realign_.load(memory_order_acquire)) {
    let_in();
  }
  Lwp* returning = returning_.exchange(nullptr, memory_order_acq_rel);
  while (returning != nullptr) {
    Lwp* next = returning->next_returning;  // read first: once ready it may run, and return again
    make_ready(l, *returning->running.load(memory_order_relaxed), returning->returns_as);
    returning = next;
  }
  Task* newest = inbox_.exchange(nullptr, memory_order_acq_rel);
  Task* oldest = nullptr;  // the inbox is a stack: turn it, so that first come is first served
  while (newest != nullptr) {
    Task* next = newest->inbox_next;
    newest->inbox_next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    Task* next = oldest->inbox_next;
    // From here another unpark may queue it anew; one that came before is served by this one.
    oldest->in_inbox.exchange(false, memory_order_acq_rel);
    if (oldest->token.load(memory_order_acquire) == Task::kNewborn) {
      oldest->token.store(Task::kEmpty, memory_order_relaxed);
      make_ready(l, *oldest, Why::created);
    } else {
      unpark_here(l, *oldest);
    }
    oldest = next;
  }
  l.attends = false;
}

void Pool::outside(int change) {
  outside_.fetch_add(change);
  if (change < 0) post();  // perhaps it was the last hope: an idle LWP looks again
}

bool Pool::wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) {
  return reactor_.wait_ready(fd, interest, deadline);
}

// ---- what there is to see ---------------------------------------------------------------------

std::uint64_t Pool::tasks_born() const {
  std::uint64_t sum = born_outside_.load(memory_order_acquire);
  for (const auto& p : permits_) sum += p->born.load(memory_order_acquire);
  return sum;
}

std::uint64_t Pool::dispatches() const {
  std::uint64_t sum = 0;
  for (const auto& p : permits_) sum += p->dispatches.load(memory_order_relaxed);
  return sum;
}

void Pool::describe(Line& line) const {
  line.text(solo() && config_.max_lwps <= 1 ? "many-to-one" : "many-to-many").text(", ");
  const int lwps = lwps_or_permits();
  line.number(static_cast<std::uint64_t>(lwps)).text(lwps == 1 ? " LWP" : " LWPs");
  line.text(", policy ").text(config_.policy);
}

void Pool::run_queues(Line& line) const {
  line.text("permits=").number(permits_.size()).text(" runqueue=").number(ready_count());
  for (const auto& q : queues_) {
    line.text(&q == &queues_.front() ? " [" : " ").number(q->size.load(memory_order_relaxed));
  }
  line.text("] ");
}

void Pool::each_lwp(void (*visit)(const Lwp&, void*), void* context) const {
  for (int i = 0; i < slots(); ++i) visit(*lwps_[static_cast<std::size_t>(i)], context);
}

}  // namespace weft::lwp
