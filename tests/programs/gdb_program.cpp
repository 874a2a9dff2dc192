// SPDX-License-Identifier: BSL-1.0
// Fibers at rest, for gdb to look at:  program_gdb MAPPING ENGINE LWPS
#include <cstdlib>

#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"

using namespace weft::fibers;

namespace {

Mutex held;
Semaphore never(0);

[[gnu::noinline]] void waits_for_mutex() {
  held.lock();
  held.unlock();
}

// Calls itself, so that a backtrace has something to show.
[[gnu::noinline]] void waits_in_depth(int depth) {
  if (depth > 0) {
    waits_in_depth(depth - 1);
  } else {
    never.acquire();
  }
  os::write_out(1, "");  // no tail call
}

int waiting() {
  int n = 0;
  for (auto* t = current_engine().scheduler().all_tasks(); t != nullptr; t = t->all_next) {
    auto token = t->token.load();
    n += token == weft::lwp::Task::kParked || token == weft::lwp::Task::kTimedPark;
  }
  return n;
}

}  // namespace

// gdb stops here, once every other fiber waits.
extern "C" [[gnu::noinline]] void look_here() {
  os::write_out(1, "here\n");
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  Config config;
  config.mapping = mapping_named(argv[1]).value();
  config.engine = engine_named(argv[2]).value();
  config.lwps = std::atoi(argv[3]);
  Runtime(config).run([] {
    held.lock();
    Fiber first = spawn({"wants-mutex"}, [] { waits_for_mutex(); });
    Fiber second = spawn({"in-depth"}, [] { waits_in_depth(3); });
    Fiber third = spawn({"joins"}, [&] { second.join(); });
    while (waiting() < 3) yield();
    look_here();
    held.unlock();
    never.release();
  });
  return 0;
}
