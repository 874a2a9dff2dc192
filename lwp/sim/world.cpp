// SPDX-License-Identifier: BSL-1.0
#include "lwp/sim/world.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/context/detail/fcontext.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <unwind.h>

#include "lwp/arch.hpp"
#include "lwp/os.hpp"
#include "lwp/scheduler.hpp"
#include "lwp/sim/races.hpp"
#include "lwp/sim/touches.hpp"

namespace weft::lwp::sim {
namespace {

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

constexpr Nanos kNever = INT64_MAX;
constexpr std::size_t kStack = 256 * 1024;
constexpr std::size_t kMostCalls = 16;  // of a step

/// What the C library and the C++ runtime keep for a kernel thread.
struct ThreadState {
  int error = 0;
  Lwp* lwp = nullptr;
  struct Exceptions {
    void* caught;
    unsigned uncaught;
  } exceptions{};

  void swap() {
    auto& exceptions_now = *reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
    std::swap(error, errno);
    std::swap(lwp, weft_own_lwp);
    std::swap(exceptions, exceptions_now);
  }
};

struct Thread {
  fcontext_t context = nullptr;
  void* stack = nullptr;
  std::string name;
  std::function<void()> body;
  const std::function<bool()>* ready = nullptr;  // null: it can go on
  Nanos deadline = kNever;
  const char* call = nullptr;  // of the program's own, in which it waits
  bool ended = false;
  std::uint64_t went_on_at = 0;  // a step: who waited longest goes first
  int actor = 0;                 // that it acts as now
  int own_actor = 0;
  ThreadState state;
};

class Stacks {
 public:
  void* take() {
    if (!free_.empty()) {
      void* stack = free_.back();
      free_.pop_back();
      return stack;
    }
    void* stack = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) throw std::bad_alloc();
    return stack;
  }
  void give_back(void* stack) { free_.push_back(stack); }

 private:
  std::vector<void*> free_;
};
Stacks stacks;
std::uint64_t all_steps = 0;
thread_local bool here = false;  // this kernel thread runs the world
constexpr std::string_view kStranger =
    "a kernel thread of the program's own (std::thread) calls weft: that cannot be explored";
std::atomic<bool> stranger{false};  // another has called weft

class World {
 public:
  World(Chooser& chooser, const Limits& limits) : chooser_(chooser), limits_(limits) {}

  Run run(const std::function<void()>& program) {
    start("main", program);
    switch_to(0);
    Run out;
    out.verdict = verdict_;
    out.what = what_;
    out.kind = kind_;
    out.figures = std::move(figures_);
    for (auto& t : threads_) {
      if (t->call != nullptr) out.blocked_in = t->call;
    }
    out.races_with = races_with_;
    out.steps = steps_;
    for (std::size_t i = 0; i < story_.size(); ++i) {  // the oldest first
      out.story.push_back(story_[(next_step_ + i) % story_.size()]);
    }
    if (earlier_) {
      const auto forgotten = remembered_ - story_.size();
      const auto at = std::max(earlier_->told, forgotten) - forgotten;
      out.story.insert(out.story.begin() + static_cast<std::ptrdiff_t>(at), earlier_->step);
    }
    for (auto& t : threads_) {
      out.names.push_back(t->name);
      if (verdict_ == Run::Verdict::passed) stacks.give_back(t->stack);
    }
    return out;
  }

  int start(std::string_view name, std::function<void()> body) {
    auto t = std::make_unique<Thread>();
    t->name = name;
    t->body = std::move(body);
    t->stack = stacks.take();
    t->context = make_fcontext(static_cast<char*>(t->stack) + kStack, kStack, entry);
    t->actor = t->own_actor = races_.begin(current_ < 0 ? -1 : current().actor);
    by_thread_.begin(current_ < 0 ? -1 : current().own_actor);
    threads_.push_back(std::move(t));
    return static_cast<int>(threads_.size()) - 1;
  }

  /// Where in the sources, as a number and in words.
  struct Where {
    std::uint64_t key;
    const char* file;
    unsigned line;
  };
  static Where where(const std::source_location& place) {
    return {Places::key(place), place.file_name(), place.line()};
  }
  void point(const void* object, Access access, const char* operation, const Where& where) {
    if (quiet_) return;
    count_step();
    if (limits_.calls_are_steps && races_.hidden(actor())) {
      // Others go on before the call, or after it.
    } else if (limits_.places == nullptr ||
               limits_.places->visit(current_, object, access, where.key)) {
      go_on(choice(current_, false));
    }
    if (limits_.story > 0) remember(object, operation, where.file, where.line);
  }

  // ---- actors ----
  int new_actor() {
    by_thread_.begin(-1);  // so that both count alike
    return races_.begin(-1);
  }
  void act_as(int actor) { current().actor = actor; }
  int actor() { return current().actor; }
  void hide(int change) {
    if (limits_.calls_are_steps && change > 0 && !races_.hidden(actor())) {
      count_step();
      go_on(choice(current_, false));
    }
    races_.hide(actor(), change);
  }
  void acquire(const void* object, bool by_runtime) {
    if (!by_runtime && races_.hidden(actor())) return;
    races_.acquire(actor(), object);
    if (of_threads()) by_thread_.acquire(current().own_actor, object);
  }
  void release(const void* object, bool by_runtime) {
    if (!by_runtime && races_.hidden(actor())) return;
    races_.release(actor(), object);
    if (of_threads()) by_thread_.release(current().own_actor, object);
  }
  void joined(int thread) {
    const int ended = threads_[static_cast<std::size_t>(thread)]->own_actor;
    races_.join(actor(), ended);
    by_thread_.join(current().own_actor, ended);
  }
  void forget(const void* object) { races_.forget(object); }
  // The world's own blocks come and go, too, while it looks.
  void forget(const void* begin, std::size_t bytes) {
    if (limits_.plain == Limits::Plain::unseen || quiet_) return;
    quiet_ = true;
    (of_threads() ? by_thread_ : races_).forget(begin, bytes);
    quiet_ = false;
  }
  void access(const void* object, Access access, const std::source_location& place) {
    point(object, access, access == Access::write ? "writes" : "reads", where(place));
    if (races_.hidden(actor())) return;
    if (const auto earlier = races_.access(actor(), object, access, steps_)) race(earlier->step);
  }
  void touch(const void* at, std::size_t bytes, Access access, const void* by) {
    if (limits_.plain == Limits::Plain::unseen || threads_.size() < 2 || quiet_ ||
        races_.hidden(actor())) {
      return;
    }
    const int who = of_threads() ? current().own_actor : actor();
    quiet_ = true;
    const auto earlier = (of_threads() ? by_thread_ : races_).touch(who, at, bytes, access, steps_);
    quiet_ = false;
    // Of a thread_local there is one for all simulated threads, though no two of them have the
    // same.
    const bool races = earlier && !os::is_thread_local(earlier->object);
    if (limits_.story > 0) {
      const Step step = touch_step(at, access, by);
      touches_.keep(at, bytes, who, access, {step, remembered_});
      if (races) {
        earlier_ = touches_.find(*earlier);
        remember(step);
      }
    }
    if (races) race(earlier->step);
  }
  void enter(const void* by) {
    if (limits_.story > 0) touches_.enter(actor(), by);
  }
  void leave_function() {
    if (limits_.story > 0) touches_.leave(actor());
  }
  void note(std::string what, const void* object) {
    if (limits_.story > 0) remember(object, std::move(what), "", 0, true);
  }
  void note(std::string what, const Task& task) {
    quiet_ = true;
    std::array<char, Task::kNameBytes> room;
    std::string name(task.name(room));
    if (name.empty()) name = "fiber " + std::to_string(task.id());
    quiet_ = false;
    note(what + " " + name, &task);
  }
  bool tells() const { return limits_.story > 0; }

  void spin() {
    count_step();
    go_on(choice(current_, true));
  }

  bool wait_until(const std::function<bool()>& ready, Nanos deadline, const char* operation,
                  const void* object) {
    if (limits_.story > 0 && !ready()) remember(object, operation, "", 0);
    Thread& self = *threads_[static_cast<std::size_t>(current_)];
    while (!ready()) {
      if (deadline <= now_) return false;
      count_step();
      self.ready = &ready;
      self.deadline = deadline;
      go_on(choice(-1, false));
      self.ready = nullptr;
    }
    return true;
  }

  void wait_in_kernel(const std::function<bool()>& ready, Nanos deadline, const char* call) {
    if (limits_.story > 0 && deadline > now_ && !ready())
      note(std::string("blocks its LWP in ") + call, nullptr);
    Thread& self = current();
    self.call = call;
    wait_until(ready, deadline, call, nullptr);
    self.call = nullptr;
  }
  bool by_program(const void* address) const {
    const auto at = static_cast<const std::byte*>(address);
    const auto& m = limits_.module;
    return !m.empty() && at >= m.data() && at < m.data() + m.size();
  }
  bool fault(const char* what) {
    if (!limits_.faults || quiet_) return false;
    count_step();
    const Choice c{steps_, current_, false, {current_, current_}, Choice::Of::fault};
    if (chooser_.choose(c) == 0) return false;
    if (limits_.story > 0) note(what, nullptr);
    return true;
  }

  int choose(int n) {
    count_step();
    const int chosen =
        n < 2 ? 0
              : static_cast<int>(chooser_.choose(
                    {steps_, -1, false, std::vector<int>(static_cast<std::size_t>(n), current_),
                     Choice::Of::value}));
    if (limits_.story > 0) note("chooses " + std::to_string(chosen), nullptr);
    return chosen;
  }

  // What it keeps for itself is none of the program's.
  void took(const void* block, std::size_t bytes, const void* by) {
    quiet_ = true;
    taken_[block] = {bytes, by};
    quiet_ = false;
  }
  void gave_back(const void* block) {
    if (!taken_.empty()) taken_.erase(block);
  }
  void check_leaks() {
    for (const void* block : reachable()) {  // its variables are put back: nobody needs these
      std::free(const_cast<void*>(block));
      taken_.erase(block);
    }
    if (taken_.empty()) return;
    std::size_t bytes = 0;
    for (const auto& [block, t] : taken_) {
      bytes += t.bytes;
      if (limits_.story == 0) continue;
      remember(block, "takes " + std::to_string(t.bytes) + " bytes that nobody gives back", "", 0,
               true);
      story_[(next_step_ + story_.size() - 1) % story_.size()].calls = {
          static_cast<const std::byte*>(t.by) - 1};
    }
    end(Run::Verdict::failed,
        "a leak: " + std::to_string(taken_.size()) + " blocks, " + std::to_string(bytes) +
            " bytes in all, are never given back",
        Kind::leak);
  }
  void figure(const char* name, double value) { figures_.emplace_back(name, value); }

  [[noreturn]] void end(Run::Verdict verdict, std::string_view what, Kind kind = Kind::property) {
    if (limits_.story > 0) remember(nullptr, "✗", "", 0, true);
    const bool unseen = stranger.exchange(false);  // perhaps it was to wake somebody
    verdict_ = unseen ? Run::Verdict::failed : verdict;
    what_ = unseen ? kStranger : what;
    kind_ = unseen ? Kind::stranger : kind;
    leave();
  }

  void alarm_at(const void* alarm, Nanos deadline) {
    std::erase_if(alarms_, [&](const auto& a) { return a.first == alarm; });
    if (deadline != kNever) alarms_.push_back({alarm, deadline});
  }

  Nanos now() const { return now_; }
  int current_thread() const { return current_; }
  bool has_ended(int thread) const { return threads_[static_cast<std::size_t>(thread)]->ended; }

  static inline World* active = nullptr;

 private:
  bool of_threads() const { return limits_.plain == Limits::Plain::of_threads; }
  Thread& current() { return *threads_[static_cast<std::size_t>(current_)]; }

  static void entry(transfer_t from) {
    World& world = *active;
    world.arrived(from);
    Thread& self = *world.threads_[static_cast<std::size_t>(world.current_)];
    try {
      self.body();
    } catch (const std::exception& error) {
      world.end(Run::Verdict::failed, std::string("an exception: ") + error.what(),
                Kind::exception);
    } catch (...) {
      world.end(Run::Verdict::failed, "an exception", Kind::exception);
    }
    self.body = nullptr;
    self.ended = true;
    const bool all = std::ranges::all_of(world.threads_, [](auto& t) { return t->ended; });
    if (all) world.leave();
    world.count_step();
    world.go_on(world.choice(-1, false));
    std::terminate();
  }

  [[noreturn]] void race(std::uint64_t with) {
    races_with_ = with;
    end(Run::Verdict::failed, "a data race: nothing orders this access and an earlier one",
        Kind::race);
  }

  Step touch_step(const void* at, Access access, const void* by) {
    const char* what = access == Access::write ? "writes it" : "reads it";
    Step step{steps_, current_, 0,  "",   "",
              0,      what,     at, true, touches_.calls(actor(), by, kMostCalls)};
    name_actor(step);
    return step;
  }

  // Each choice has a step of its own.
  void count_step() {
    ++all_steps;
    if (stranger.load(std::memory_order_relaxed)) [[unlikely]]
      end(Run::Verdict::failed, kStranger, Kind::stranger);
    if (++steps_ > limits_.steps) end(Run::Verdict::too_long, "it does not come to an end");
  }

  bool can_go_on(const Thread& t) const {
    return !t.ended && (t.ready == nullptr || t.deadline <= now_ || (*t.ready)());
  }

  // Who can go on, first who does so without a reason: who is at it, unless it yields; else who
  // has waited longest.
  Choice choice(int current, bool yields) {
    Choice c{steps_, current, yields, {}};
    while (true) {
      for (std::size_t i = 0; i < threads_.size(); ++i) {
        if (can_go_on(*threads_[i])) c.threads.push_back(static_cast<int>(i));
      }
      if (!c.threads.empty()) break;
      if (!pass_time()) end(Run::Verdict::deadlock, "nobody can ever go on");
    }
    if (limits_.faults && !quiet_ && next_deadline() != kNever &&
        fault("is so slow that time passes")) {
      pass_time();
      return choice(current, yields);
    }
    auto rank = [&](int t) {
      if (t == current) return yields ? UINT64_MAX : std::uint64_t{0};
      return threads_[static_cast<std::size_t>(t)]->went_on_at + 1;
    };
    std::ranges::stable_sort(c.threads, {}, rank);
    return c;
  }

  Nanos next_deadline() const {
    Nanos next = kNever;
    for (auto& t : threads_) {
      if (!t->ended && t->ready != nullptr && t->deadline > now_)
        next = std::min(next, t->deadline);
    }
    for (auto& a : alarms_) next = std::min(next, a.second);
    return next;
  }

  bool pass_time() {
    const Nanos next = next_deadline();
    if (next == kNever) return false;
    now_ = std::max(now_, next);
    std::erase_if(alarms_, [&](const auto& a) { return a.second <= now_; });
    return true;
  }

  void go_on(const Choice& c) {
    const std::size_t i = c.threads.size() > 1 ? chooser_.choose(c) : 0;
    const int next = c.threads[i];
    if (next == current_) return;
    threads_[static_cast<std::size_t>(next)]->went_on_at = steps_;
    switch_to(next);
  }

  void switch_to(int next) {
    const int before = current_;
    ThreadState& leaves = before < 0 ? outside_ : threads_[static_cast<std::size_t>(before)]->state;
    Thread& to = *threads_[static_cast<std::size_t>(next)];
    // What the thread before has goes into its state, and the next one's comes out of its own.
    ThreadState fresh;
    fresh.swap();
    leaves = fresh;
    to.state.swap();
    current_ = next;
    left_ = before;
    arrived(jump_fcontext(to.context, nullptr));
  }

  void arrived(transfer_t from) {
    (left_ < 0 ? main_context_ : threads_[static_cast<std::size_t>(left_)]->context) = from.fctx;
  }

  // Back to run(), for good.
  [[noreturn]] void leave() {
    ThreadState fresh;
    fresh.swap();
    outside_.swap();
    left_ = current_;
    current_ = -1;
    jump_fcontext(main_context_, nullptr);
    std::terminate();
  }

  void remember(const void* object, std::string operation, const char* file, unsigned line,
                bool event = false) {
    Step step{steps_, current_, 0, "", file, line, std::move(operation), object, event, calls()};
    name_actor(step);
    remember(std::move(step));
  }
  void name_actor(Step& step) {
    quiet_ = true;
    Task* task = weft_own_lwp == nullptr ? nullptr : weft_own_lwp->running.peek();
    if (task != nullptr) {
      std::array<char, Task::kNameBytes> name;
      step.fiber = task->id();
      step.who = task->name(name);
    }
    quiet_ = false;
  }
  void remember(Step step) {
    ++remembered_;
    if (story_.size() < limits_.story) {
      story_.push_back(step);
    } else {
      story_[next_step_] = step;
      next_step_ = (next_step_ + 1) % limits_.story;
    }
  }

  std::vector<const void*> calls() const {
    struct Looking {
      std::span<const std::byte> module;
      std::vector<const void*> found;
    } looking{limits_.module, {}};
    if (limits_.module.empty()) return {};
    _Unwind_Backtrace(
        [](_Unwind_Context* frame, void* argument) {
          auto& l = *static_cast<Looking*>(argument);
          const auto* pc = reinterpret_cast<const std::byte*>(_Unwind_GetIP(frame));
          const bool inside = pc >= l.module.data() && pc < l.module.data() + l.module.size();
          if (inside) l.found.push_back(pc - 1);  // within the call
          return l.found.size() < kMostCalls ? _URC_NO_REASON : _URC_NORMAL_STOP;
        },
        &looking);
    return std::move(looking.found);
  }

  // The blocks that the program's variables lead to, as a leak sanitizer finds them: every word
  // that could be a pointer is one.
  std::vector<const void*> reachable() const {
    std::set<const void*> found;
    std::vector<std::span<const std::byte>> look(limits_.variables.begin(),
                                                 limits_.variables.end());
    while (!look.empty() && found.size() < taken_.size()) {
      const auto words = look.back();
      look.pop_back();
      for (std::size_t at = 0; at + sizeof(void*) <= words.size(); at += sizeof(void*)) {
        const std::byte* pointer;
        std::memcpy(&pointer, words.data() + at, sizeof pointer);
        auto block = taken_.upper_bound(pointer);
        if (block == taken_.begin()) continue;
        --block;
        const auto* begin = static_cast<const std::byte*>(block->first);
        if (pointer >= begin + block->second.bytes && pointer != begin) continue;
        if (found.insert(begin).second) look.push_back({begin, block->second.bytes});
      }
    }
    return {found.begin(), found.end()};
  }

  Chooser& chooser_;
  const Limits limits_;
  std::vector<std::unique_ptr<Thread>> threads_;
  int current_ = -1, left_ = -1;
  fcontext_t main_context_ = nullptr;
  ThreadState outside_;
  Nanos now_ = 1'000'000'000;
  std::vector<std::pair<const void*, Nanos>> alarms_;
  std::uint64_t steps_ = 0;
  Run::Verdict verdict_ = Run::Verdict::passed;
  std::string what_;
  Kind kind_ = Kind::property;
  std::vector<std::pair<std::string, double>> figures_;
  struct Taken {
    std::size_t bytes;
    const void* by;
  };
  std::map<const void*, Taken> taken_;
  std::uint64_t races_with_ = 0;
  Races races_;
  Races by_thread_;     // of all fibers of a thread together
  bool quiet_ = false;  // what reads atomics to tell of them makes no step
  std::vector<Step> story_;
  std::size_t next_step_ = 0;
  std::uint64_t remembered_ = 0;  // steps, those forgotten since among them
  Touches touches_;
  std::optional<Touches::Touch> earlier_;  // of a race
};

}  // namespace

Run run(const std::function<void()>& program, Chooser& chooser, const Limits& limits) {
  auto world = std::make_unique<World>(chooser, limits);
  World::active = world.get();
  here = true;
  __libc_single_threaded = false;  // or shared_ptr would count without atomics
  stranger.store(false);
  forget_sleepers();
  Run out = world->run(program);
  World::active = nullptr;
  if (out.verdict != Run::Verdict::passed) (void)world.release();  // its threads still stand in it
  return out;
}

std::uint64_t steps() {
  return all_steps;
}
namespace {

// As running(), but it is no failure if a stranger asks.
bool is_here() {
  return World::active != nullptr && here && World::active->current_thread() >= 0;
}

}  // namespace
bool running() {
  if (World::active == nullptr || World::active->current_thread() < 0) return false;
  if (here) return true;
  stranger.store(true);
  return false;
}

void point(const void* object, Access access, const char* operation,
           const std::source_location& place) {
  if (!running()) return;
  World::active->point(object, access, operation, World::where(place));
}
void point(const void* object, Access access, const char* operation, const void* by) {
  if (!running()) return;
  World::active->point(object, access, operation, {reinterpret_cast<std::uintptr_t>(by), "", 0});
}

void spin() {
  if (running()) World::active->spin();
}

bool wait_until(const std::function<bool()>& ready, Nanos deadline, const char* operation,
                const void* object) {
  return World::active->wait_until(ready, deadline, operation, object);
}

Nanos now() {
  return World::active->now();
}
void alarm_at(const void* alarm, Nanos deadline) {
  if (World::active != nullptr) World::active->alarm_at(alarm, deadline);
}
int start_thread(std::string_view name, std::function<void()> body) {
  return World::active->start(name, std::move(body));
}
bool has_ended(int thread) {
  return World::active->has_ended(thread);
}
void joined(int thread) {
  World::active->joined(thread);
}
int current_thread() {
  return World::active->current_thread();
}
void fail(std::string_view what, Kind kind) {
  World::active->end(Run::Verdict::failed, what, kind);
}
void broken(const char* property) {
  fail(property);
}
void figure(const char* name, double value) {
  if (running()) World::active->figure(name, value);
}
void wait_in_kernel(const std::function<bool()>& ready, Nanos deadline, const char* call) {
  World::active->wait_in_kernel(ready, deadline, call);
}
bool fault(const char* what) {
  return running() && World::active->fault(what);
}
int choose(int n) {
  return running() ? World::active->choose(n) : 0;
}
void took(const void* block, std::size_t bytes, const void* by) {
  World::active->took(block, bytes, by);
}
void gave_back(const void* block) {
  if (World::active != nullptr) World::active->gave_back(block);
}
void check_leaks() {
  if (running()) World::active->check_leaks();
}
bool by_program(const void* address) {
  return is_here() && World::active->by_program(address);
}
void touch(const void* at, std::size_t bytes, Access access, const void* by) {
  if (is_here()) World::active->touch(at, bytes, access, by);
}
void enter(const void* by) {
  if (is_here()) World::active->enter(by);
}
void leave() {
  if (is_here()) World::active->leave_function();
}
void forget(const void* begin, std::size_t bytes) {
  if (is_here()) World::active->forget(begin, bytes);
}
void deadlock(std::string_view what) {
  World::active->end(Run::Verdict::deadlock, what);
}

int new_actor() {
  return running() ? World::active->new_actor() : 0;
}
void act_as(int actor) {
  if (running()) World::active->act_as(actor);
}
int current_actor() {
  return running() ? World::active->actor() : 0;
}
void hide(int change) {
  if (running()) World::active->hide(change);
}
void acquire(const void* object) {
  if (running()) World::active->acquire(object, true);
}
void release(const void* object) {
  if (running()) World::active->release(object, true);
}
void order(const void* object, bool acquires, bool releases) {
  if (!running()) return;
  if (acquires) World::active->acquire(object, false);
  if (releases) World::active->release(object, false);
}
void access(const void* object, Access access, const std::source_location& place) {
  if (running()) World::active->access(object, access, place);
}
void forget(const void* object) {
  if (running()) World::active->forget(object);
}
void note(const char* what, const void* object, std::string_view name) {
  if (!running() || !World::active->tells()) return;
  World::active->note(name.empty() ? what : std::string(what) + " " + std::string(name), object);
}
void check(bool holds, const char* property) {
  if (!holds) fail(property);
}

bool is_told() {
  return running() && World::active->tells();
}
void note(const char* what, const Task& task) {
  if (running() && World::active->tells()) World::active->note(what, task);
}

}  // namespace weft::lwp::sim
