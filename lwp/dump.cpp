// SPDX-License-Identifier: BSL-1.0
#include "lwp/dump.hpp"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "lwp/core.hpp"
#include "lwp/exit.hpp"
#include "lwp/line.hpp"
#include "lwp/note.hpp"
#include "lwp/sanitizer.hpp"
#include "lwp/schedtrace.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::lwp {
namespace {

void dump_lwp(const Lwp& l, void* context) {
  int fd = *static_cast<int*>(context);
  int id = l.thread_id.load(memory_order_relaxed);
  Line line;
  line.text("  ").number(static_cast<std::uint64_t>(l.index)).column(6);
  line.number(static_cast<std::uint64_t>(id)).column(16);
  Task* task = l.running.load(memory_order_relaxed);
  os::ThreadLook look = os::look_at_thread(id);
  if (l.idle.load(memory_order_relaxed)) {
    line.text("idle");
  } else {
    say_doing(line, look);
  }
  if (task != nullptr) {
    sanitizer::Hidden hidden;  // it was made known in core; its memory stays
    std::array<char, Task::kNameBytes> name;
    line.text(", carries fiber ").number(task->id()).text(" ").text(task->name(name));
  }
  line.end(fd);
}

struct Search {
  const Task* task;
  int lwp;
};

void find_carrier(const Lwp& l, void* context) {
  auto& search = *static_cast<Search*>(context);
  if (l.running.load(memory_order_relaxed) == search.task) search.lwp = l.index;
}

void dump_task(const Scheduler& s, const Task& t, int fd) {
  std::array<char, Task::kNameBytes> name;
  Line line;
  line.text("  ").number(t.id()).column(9).text(t.name(name)).column(34);
  Search search{&t, 0};
  s.each_lwp(find_carrier, &search);
  const char* waits = t.waits_for.load(memory_order_relaxed);
  std::uint32_t token = t.token.load(memory_order_relaxed);
  if (token == Task::kParked || token == Task::kTimedPark) {
    line.text("waiting").column(43).text("-").column(48);
    line.text(waits == nullptr ? "?" : waits);
    const void* object = t.waits_object.load(memory_order_relaxed);
    std::string_view what = waits == nullptr ? "" : waits;
    if (what.ends_with("fd") || what.ends_with("fiber")) {
      line.text(" ").number(reinterpret_cast<std::uintptr_t>(object));
    } else if (object != nullptr) {
      line.text(" ").address(object);
    }
  } else if (search.lwp != 0) {
    line.text("running").column(43).number(static_cast<std::uint64_t>(search.lwp));
    if (const char* call = t.in_call.load(memory_order_relaxed)) {
      line.column(48).text("(in a blocking call: ").text(call).text(")");
    }
  } else {
    line.text("ready").column(43).text("-");
  }
  line.end(fd);
}

// The known schedulers: a few slots, because who walks them may not wait for a lock whose holder
// could be stuck. fibers/gdb/runtime.py reads it by this name.
constexpr std::size_t kSlots = 16;
std::array<atomic<const Scheduler*>, kSlots> known{};
std::array<atomic<const Pictured*>, kSlots> pictured{};

// Walks under way; whoever wants to destroy what is known waits until there is none. A futex.
atomic<std::uint32_t> walking{0};

void end_walk() {
  if (walking.fetch_sub(1) == 1) os::futex_wake(walking, INT_MAX);
}
// After leaving the slots: a walker may have found it before.
void await_walks() {
  while (std::uint32_t n = walking.load()) os::futex_wait(walking, n);
}

void dump_all() {
  auto each = [](const Scheduler& s, void*) {
    dump(s, os::kStandardError);
    trace::name_all(s);
  };
  int count = each_known(each, nullptr);
  walking.fetch_add(1);
  for (auto& slot : pictured) {
    if (const Pictured* p = slot.load()) {
      p->show(os::kStandardError);
      ++count;
    }
  }
  end_walk();
  if (count == 0) os::write_out(os::kStandardError, "weft: no runtime is running\n");
  trace::say_where(os::kStandardError);
}

// Waits for SIGQUIT until the process ends; made with the first scheduler that wants it.
void start_watcher() {
  static const bool started = [] {
    os::has(os::Feature::proc_syscall);  // probed now: the dump itself allocates nothing
    const int signals[] = {SIGQUIT};
    auto fd = os::signal_fd(signals);
    if (!fd) return false;
    // Neither closed nor joined: it works to the very end of the process.
    static auto* thread = new os::Thread("weft-watcher", [signal = fd->release()] {
      os::not_metered();
      while (true) {
        os::wait_ready(signal, os::kReadable, os::kNever);
        if (os::take_signal(signal) == SIGQUIT) dump_all();
      }
    });
    return thread != nullptr;
  }();
  (void)started;
}

}  // namespace

void dump(const Scheduler& s, int fd) {
  Line line;
  line.text("weft: ");
  s.describe(line);
  line.end(fd);
  line.text("  LWP  thread    state");
  line.end(fd);
  s.each_lwp(dump_lwp, &fd);
  line.text("  fiber  name                     state    LWP  waits for");
  line.end(fd);
  for (const Task* t = s.all_tasks(); t != nullptr; t = t->all_next) {
    if (t->live.load(memory_order_acquire)) dump_task(s, *t, fd);
  }
}

int each_known(void (*visit)(const Scheduler&, void*), void* context) {
  walking.fetch_add(1);
  int count = 0;
  for (auto& slot : known) {
    if (const Scheduler* s = slot.load()) {
      visit(*s, context);
      ++count;
    }
  }
  end_walk();
  return count;
}

Known::Known(const Scheduler& s, bool on_sigquit) : scheduler_(s) {
  if (on_sigquit) start_watcher();
  start_schedtrace();
  for (auto& slot : known) {
    const Scheduler* none = nullptr;
    if (slot.compare_exchange_strong(none, &s, memory_order_acq_rel)) return;
  }
}

Known::~Known() {
  for (auto& slot : known) {
    const Scheduler* me = &scheduler_;
    if (slot.compare_exchange_strong(me, nullptr)) break;
  }
  await_walks();
}

void say_doing(Line& line, const os::ThreadLook& look) {
  if (look.state == 'R' || look.state == '?') {
    line.text("running");
    return;
  }
  line.text("blocked");
  if (look.call != nullptr) {
    line.text(" in ").text(look.call).text("(");
    line.number(static_cast<std::uint64_t>(look.first_argument)).text(", …)");
  }
}

Pictured::Pictured(const void* what, Picture picture) : what_(what), picture_(picture) {
  start_watcher();
  for (auto& slot : pictured) {
    const Pictured* none = nullptr;
    if (slot.compare_exchange_strong(none, this, memory_order_acq_rel)) return;
  }
}

Pictured::~Pictured() {
  for (auto& slot : pictured) {
    const Pictured* me = this;
    if (slot.compare_exchange_strong(me, nullptr)) break;
  }
  await_walks();
}

void end_deadlocked(const Scheduler& s) {
  run_deadlocks();
  dump(s, os::kStandardError);
  trace::name_all(s);
  trace::say_where(os::kStandardError);
  os::flush_output();
  os::exit_now(kDeadlock);
}

void broken(const char* what) {
  run_fails(what);
  Line line;
  line.text("weft: broken invariant: ").text(what);
  line.end(os::kStandardError);
  dump_all();
  std::abort();
}

}  // namespace weft::lwp
