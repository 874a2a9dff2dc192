// SPDX-License-Identifier: BSL-1.0
// Fibers that touch what lies below their stacks, for the tests to look at from outside:
//   program_overflow SCENARIO MAPPING ENGINE LWPS
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "fibers/fiber.hpp"

using namespace weft::fibers;

namespace {

[[gnu::noinline]] int recurse(int depth) {
  volatile char frame[512];
  frame[0] = static_cast<char>(depth);
  if (depth < 0) return 0;
  return recurse(depth + 1) + frame[0];
}

// The kernel is to fill a buffer of which the first bytes lie below the stack.
[[gnu::noinline]] void read_below() {
  auto pipe = std::move(os::pipe()).value();
  std::byte bytes[64]{};
  (void)os::write(pipe[1].get(), bytes).error();
  auto* low = const_cast<char*>(current_block().stack_bounds().bottom);
  auto n = os::read(pipe[0].get(), {reinterpret_cast<std::byte*>(low) - 32, 64});
  os::write_out(1, n ? "read\n" : "refused\n");
}

void by_null() {
  volatile char* nothing = nullptr;
  *nothing = 1;
}

void run(std::string_view scenario, const Config& config) {
  Runtime(config).run([&] {
    spawn({"deep"}, [scenario] {
      if (scenario == "recursion") std::exit(recurse(0) != 0 ? 11 : 12);
      if (scenario == "kernel") read_below();
      if (scenario == "null" || scenario == "null-handled") by_null();
      if (scenario == "sent") std::raise(SIGSEGV);
    }).join();
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  std::string_view scenario = argv[1];
  if (scenario == "null-handled") {
    std::signal(SIGSEGV, [](int) {
      os::write_out(1, "the program's own handler\n");
      os::exit_now(7);
    });
  }
  Config config;
  config.mapping = mapping_named(argv[2]).value();
  config.engine = engine_named(argv[3]).value();
  config.lwps = std::atoi(argv[4]);
  run(scenario, config);
  return 0;
}
