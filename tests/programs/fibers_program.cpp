// SPDX-License-Identifier: BSL-1.0
// Programs that end badly, or hang, for the tests to look at from outside:
//   program_fibers SCENARIO MAPPING ENGINE LWPS
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fibers/fiber.hpp"
#include "fibers/io.hpp"
#include "fibers/sync.hpp"

using namespace weft::fibers;

namespace {

void say(std::string_view text) {
  os::write_out(1, text);
}

// Every LWP sits in a raw read, two fibers are parked, one is ready for ever.
void stuck(int lwps) {
  static auto pipe = std::move(os::pipe()).value();
  static Semaphore never(0);
  static Listener listener(std::move(os::listen({})).value());
  spawn({"waiter"}, [] { never.acquire(); }).detach();
  spawn({"acceptor"}, [] { (void)listener.accept().error(); }).detach();
  spawn({"sleeper"}, [] { sleep_for(3600 * os::kSecond); }).detach();
  for (int i = 0; i < lwps; ++i) {
    spawn({"reader-" + std::to_string(i)}, [] {
      std::byte one[1];
      (void)os::read(pipe[0].get(), one).error();
    }).detach();
  }
  say("started\n");
  never.acquire();
}

void deadlock() {
  static Mutex a, b;
  static Semaphore left_has(0), main_has(0);
  Fiber left = spawn({"left"}, [] {
    std::unique_lock first(a);
    left_has.release();
    main_has.acquire();
    std::unique_lock second(b);
  });
  std::unique_lock first(b);
  main_has.release();
  left_has.acquire();
  std::unique_lock second(a);
}

// As above, but the last fiber that could do anything waits for a descriptor before it ends.
void deadlock_after_io() {
  static Semaphore never(0);
  static auto pipe = std::move(os::pipe(true)).value();
  Fiber reader = spawn({"reader"}, [] {
    std::byte one[1];
    while (os::read_at_hand(pipe[0].get(), one).error() == EAGAIN) {
      weft::fibers::wait_ready(pipe[0].get(), os::kReadable);
    }
  });
  Fiber waiter = spawn({"waiter"}, [] { never.acquire(); });
  sleep_for(2 * os::kMillisecond);
  Fiber writer = spawn({"writer"}, [] {
    std::byte one[1]{};
    sleep_for(2 * os::kMillisecond);
    (void)os::write(pipe[1].get(), one).error();
  });
  never.acquire();
}

[[gnu::noinline]] int recurse(int depth) {
  volatile char frame[512];
  frame[0] = static_cast<char>(depth);
  if (depth < 0) return 0;
  return recurse(depth + 1) + frame[0];
}

int run(std::string_view scenario, const Config& config) {
  Runtime runtime(config);
  runtime.run([&] {
    if (scenario == "stuck") stuck(config.lwps > 0 ? config.lwps : 1);
    if (scenario == "deadlock") deadlock();
    if (scenario == "deadlock-after-io") deadlock_after_io();
    if (scenario == "unjoined") {
      spawn({"careless"}, [] { throw std::runtime_error("nobody listens"); }).detach();
    }
    if (scenario == "overflow") {
      spawn({"deep"}, [] { std::exit(recurse(0) != 0 ? 11 : 12); }).join();
    }
    if (scenario == "relock") {
      Mutex mutex;
      mutex.lock();
      mutex.lock();
    }
    if (scenario == "nested") Runtime().run([] {});
    if (scenario == "no-memory") {
      // Under a limit on memory: spawn until it throws, then the fibers there are go on.
      Semaphore gate(0);
      int made = 0;
      {
        static Fiber fibers[20'000];
        try {
          for (; made < 20'000; ++made) fibers[made] = spawn([&] { gate.acquire(); });
          say("never refused\n");
        } catch (const std::exception&) {
          say("refused\n");
        }
        gate.release(made);
        for (auto& fiber : fibers) {
          if (fiber.joinable()) fiber.join();
        }
      }
      spawn([] { say("goes on\n"); }).join();
    }
  });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  Config config;
  config.mapping = mapping_named(argv[2]).value();
  config.engine = engine_named(argv[3]).value();
  config.lwps = std::atoi(argv[4]);
  return run(argv[1], config);
}
