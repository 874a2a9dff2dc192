// SPDX-License-Identifier: BSL-1.0
// What the textbook compares: a function call, a user-level thread, a kernel thread, a process.
//
//   create   call it, or make it, run it and wait for its end; it does nothing
//   switch   pass the turn to another one and have it passed back, by yielding, on one CPU
//   memory   of one that waits: its own pages, page tables, and the kernel's stack for it
//   shared   with who made it, each found out by trying: stack, kernel thread, memory
#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <new>

#include "fibers/sync.hpp"
#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

constexpr int kWaiting = 500;  // made at once to see what one takes
constexpr std::size_t kStack = 64 * 1024;

volatile long written;
[[gnu::noinline]] void called() {
  written = 1;
}

os::Process forked(const std::function<int()>& body) {
  auto process = os::fork_process(body);
  if (!process) throw std::bad_alloc();
  return std::move(*process);
}

// ---- create ----

double create_call(long operations) {
  return each(operations, [=] {
    for (long i = 0; i < operations; ++i) called();
  });
}
double create_fiber(long operations) {
  return in_fiber({}, [=] {
    return each(operations, [=] {
      for (long i = 0; i < operations; ++i) fibers::spawn(called).join();
    });
  });
}
double create_thread(long operations) {
  return each(operations, [=] {
    for (long i = 0; i < operations; ++i) os::Thread("called", called, kStack).join();
  });
}
double create_process(long operations) {
  return each(operations, [=] {
    for (long i = 0; i < operations; ++i) forked([] { return called(), 0; }).wait();
  });
}

// ---- switch: two take turns ----

using Turn = lwp::atomic<long>;

template <class Yield>
void take_turns(Turn& turn, long me, long operations, Yield yield) {
  for (long next = me; next < operations; next += 2) {
    while (turn.load(lwp::memory_order_acquire) != next) yield();
    turn.store(next + 1, lwp::memory_order_release);
  }
}

double switch_fibers(long operations) {
  return in_fiber({}, [=] {
    Turn turn{0};
    auto yield = [] { fibers::yield(); };
    return each(operations, [&] {
      auto other = fibers::spawn([&] { take_turns(turn, 1, operations, yield); });
      take_turns(turn, 0, operations, yield);
      other.join();
    });
  });
}
double switch_threads(long operations) {
  Turn turn{0};
  return each(operations, [&] {
    os::Thread other(
        "turns", [&] { take_turns(turn, 1, operations, os::yield_cpu); }, kStack);
    take_turns(turn, 0, operations, os::yield_cpu);
  });
}
// Between the two on one page for good; one process at a time uses it.
void* common_page() {
  static void* const page = os::shared_memory(4096);
  if (page == nullptr) throw std::bad_alloc();
  return page;
}
double switch_processes(long operations) {
  auto& turn = *new (common_page()) Turn{0};
  return each(operations, [&] {
    auto other = forked([&] {
      take_turns(turn, 1, operations, os::yield_cpu);
      return 0;
    });
    take_turns(turn, 0, operations, os::yield_cpu);
    other.wait();
  });
}

// ---- memory ----

// The sum of the lines of a file of /proc that begin with one of the words, in bytes.
double lines_of(const char* path, std::initializer_list<std::string_view> words) {
  std::ifstream file(path);
  double sum = 0;
  for (std::string word; file >> word;) {
    if (std::ranges::find(words, word) != words.end()) {
      double kib = 0;
      file >> kib;
      sum += kib * 1024;
    }
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return sum;
}
// Of this process alone, and the kernel's stacks, which are counted for the machine as a whole.
double own_memory() {
  return lines_of("/proc/self/smaps_rollup", {"Private_Clean:", "Private_Dirty:"}) +
         lines_of("/proc/self/status", {"VmPTE:"});
}
double kernel_stacks() {
  return lines_of("/proc/meminfo", {"KernelStack:"});
}
double memory() {
  return own_memory() + kernel_stacks();
}

double memory_of_call(long) {
  std::array<char*, 2> frames{};
  auto frame = [](char*& at) __attribute__((noinline)) {
    at = static_cast<char*>(__builtin_frame_address(0));
  };
  frame(frames[1]);
  frames[0] = static_cast<char*>(__builtin_frame_address(0));
  return static_cast<double>(frames[0] - frames[1]);
}
double memory_of_fiber(long) {
  return in_fiber({}, [] {
    fibers::Semaphore end(0);
    std::array<fibers::Fiber, kWaiting> all;
    double before = memory();
    for (auto& fiber : all) fiber = fibers::spawn([&] { end.acquire(); });
    fibers::yield();  // all others have run, and wait
    double after = memory();
    end.release(kWaiting);
    return (after - before) / kWaiting;
  });
}
double memory_of_thread(long) {
  lwp::atomic<std::uint32_t> waiting{0}, end{0};
  std::array<os::Thread, kWaiting> all;
  double before = memory();
  for (auto& thread : all) {
    thread = os::Thread(
        "waits",
        [&] {
          waiting.fetch_add(1);
          while (end.load() == 0) os::futex_wait(end, 0);
        },
        kStack);
  }
  while (waiting.load() < kWaiting) os::yield_cpu();
  double after = memory();
  end.store(1);
  os::futex_wake(end, kWaiting);
  return (after - before) / kWaiting;
}
double memory_of_process(long) {
  auto& own = *new (common_page()) lwp::atomic<double>{0};
  double before = kernel_stacks();
  auto child = forked([&] {
    own.store(own_memory() + kernel_stacks() - before);
    return 0;
  });
  child.wait();
  return own.load();
}

// ---- shared ----

struct Seen {
  const char* stack = nullptr;
  int thread = 0;
};
// To be run by what was made; `seen` is where its maker can read it.
[[gnu::noinline]] void look_around(Seen& seen) {
  written = 2;
  seen = {static_cast<const char*>(__builtin_frame_address(0)), os::thread_id()};
}
// How many of stack, kernel thread and memory are one for the maker and what it has made.
template <class Make>
double shared(Make make) {
  auto& seen = *new (common_page()) Seen;
  written = 1;
  make(seen);
  auto* here = static_cast<const char*>(__builtin_frame_address(0));
  const bool memory = written == 2, thread = seen.thread == os::thread_id();
  const bool stack = thread && memory && seen.stack < here && here - seen.stack < 4096;
  return memory + thread + stack;
}

double shared_by_call(long) {
  return shared(look_around);
}
double shared_by_fiber(long) {
  return in_fiber({}, [] {
    return shared([](Seen& seen) { fibers::spawn([&] { look_around(seen); }).join(); });
  });
}
double shared_by_thread(long) {
  return shared([](Seen& seen) {
    os::Thread(
        "looks", [&] { look_around(seen); }, kStack)
        .join();
  });
}
double shared_by_process(long) {
  return shared([](Seen& seen) { forked([&] { return look_around(seen), 0; }).wait(); });
}

// ---- the rows ----

struct Kind {
  Place place;
  double (*create)(long);
  double (*pass)(long);
  double (*memory)(long);
  double (*shared)(long);
};

std::vector<Row> rows(const Scale&) {
  using fibers::Mapping;
  const Place fiber, thread{Engine::pthread, Mapping::one_to_one};
  const Place call{Engine::bare, {}}, process{Engine::process, {}};
  const Kind kinds[] = {
      {call, create_call, create_call, memory_of_call, shared_by_call},
      {fiber, create_fiber, switch_fibers, memory_of_fiber, shared_by_fiber},
      {thread, create_thread, switch_threads, memory_of_thread, shared_by_thread},
      {process, create_process, switch_processes, memory_of_process, shared_by_process},
  };
  std::vector<Row> rows;
  for (const Kind& kind : kinds) {
    auto row = [&](const char* name, const char* unit, double (*run)(long), bool timed) {
      Row r = kind.place.row(name);
      if (r.engine == Engine::bare || r.engine == Engine::process) r.mapping.reset();
      r.unit = unit;
      r.run = run;
      if (!timed) r.operations = 1, r.most_runs = 3;
      rows.push_back(std::move(r));
    };
    row("cost-create", "ns", kind.create, true);
    row("cost-switch", "ns", kind.pass, true);
    row("cost-memory", "B", kind.memory, false);
    row("cost-shared", "", kind.shared, false);
  }
  return rows;
}

const RegisterBenchmark registered({90, "cost", rows});

}  // namespace
}  // namespace weft::labs::bench
