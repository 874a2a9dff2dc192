// SPDX-License-Identifier: BSL-1.0
// Programs that end badly, or hang, for the tests to look at from outside:
//   program_fibers SCENARIO MAPPING ENGINE LWPS
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fibers/attach.hpp"
#include "fibers/event.hpp"
#include "fibers/fiber.hpp"
#include "fibers/io.hpp"
#include "fibers/scope.hpp"
#include "fibers/shared_mutex.hpp"
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
  static weft::lwp::atomic<int> about_to{0};
  spawn({"waiter"}, [] {
    about_to.fetch_add(1);
    never.acquire();
  }).detach();
  spawn({"acceptor"}, [] {
    about_to.fetch_add(1);
    (void)listener.accept().error();
  }).detach();
  spawn({"sleeper"}, [] {
    about_to.fetch_add(1);
    sleep_for(3600 * os::kSecond);
  }).detach();
  // An LWP on which one of them runs takes no reader before that one has parked.
  while (about_to.load() < 3) yield();
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
  // Semaphores have no owners: no circle is seen (fibers/owned.hpp), but everybody waits.
  static Semaphore a(1), b(1), left_has(0), main_has(0);
  Fiber left = spawn({"left"}, [] {
    a.acquire();
    left_has.release();
    main_has.acquire();
    b.acquire();
  });
  b.acquire();
  main_has.release();
  left_has.acquire();
  a.acquire();
}

// As above, after text that is still in a buffer; its lock may be held for good by a thread that
// the runtime does not know.
void deadlock_after_output(bool locked) {
  std::printf("printed before the deadlock\n");
  static weft::lwp::atomic<bool> has_lock{false};
  if (locked) {
    new os::Thread("holder", [] {  // for good
      ::flockfile(stdout);
      has_lock.store(true);
      os::sleep_until(os::kNever);
    });
    while (!has_lock.load()) yield();
  }
  Semaphore(0).acquire();
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

// Two fibers wait for each other, through a mutex and a shared mutex, while others go on for ever.
void circle(bool three) {
  static Mutex a;
  static SharedMutex b, c;
  static Semaphore first_has(0), second_has(0), third_has(0);
  spawn({"busy"}, [] {
    while (true) sleep_for(os::kMillisecond);
  }).detach();
  if (three) {
    spawn({"third"}, [] {
      std::unique_lock mine(c);
      third_has.release();
      first_has.acquire();
      std::unique_lock other(a);
    }).detach();
    third_has.acquire();
  }
  Fiber first = spawn({"first"}, [] {
    std::unique_lock mine(a);
    first_has.release(2);
    second_has.acquire();
    std::shared_lock other(b);
  });
  Fiber second = spawn({"second"}, [three] {
    std::unique_lock mine(b);
    second_has.release();
    first_has.acquire();
    if (three) {
      std::unique_lock other(c);
    } else {
      std::unique_lock other(a);
    }
  });
}

// The only fiber and an attached thread wait for each other.
void deadlock_with_thread(Runtime& runtime) {
  static Semaphore never(0), attached(0);
  static os::Thread thread("helper", [&runtime] {
    Attached here(runtime, "helper");
    attached.release();
    never.acquire();
  });
  {
    weft::lwp::Outside outside(current_engine().scheduler());
    attached.acquire();
  }
  never.acquire();
}

int run(std::string_view scenario, const Config& config) {
  Runtime runtime(config);
  runtime.run([&] {
    if (scenario == "stuck") stuck(config.lwps > 0 ? config.lwps : 1);
    if (scenario == "deadlock") deadlock();
    if (scenario == "deadlock-after-output") deadlock_after_output(false);
    if (scenario == "deadlock-output-locked") deadlock_after_output(true);
    if (scenario == "deadlock-after-io") deadlock_after_io();
    if (scenario == "deadlock-with-thread") deadlock_with_thread(runtime);
    if (scenario == "circle") circle(false);
    if (scenario == "circle-of-three") circle(true);
    if (scenario == "deadlock-in-scope") {
      Scope scope;
      Semaphore never(0);
      scope.spawn({"child"}, [&](const std::stop_token& stop) { never.acquire(stop); });
      never.acquire();
    }
    if (scenario == "plain-thread") {
      Semaphore never(0);
      os::Thread("outsider", [&] { never.acquire(); }).join();
    }
    if (scenario == "child-unjoined") {
      Scope scope;
      scope.spawn([] { throw std::runtime_error("nobody listens"); });
    }
    if (scenario == "unjoined") {
      spawn({"careless"}, [] { throw std::runtime_error("nobody listens"); }).detach();
    }
    if (scenario == "relock") {
      Mutex mutex;
      mutex.lock();
      mutex.lock();
    }
    if (scenario == "two-joins") {
      Event end;
      Fiber f = spawn([&] { end.wait(); });
      auto join = [&] { f.join_for(10 * os::kSecond); };
      Fiber one = spawn(join), two = spawn(join);
      one.join();
      two.join();
      end.set();
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
