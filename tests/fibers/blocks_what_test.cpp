// SPDX-License-Identifier: BSL-1.0
// The table "what blocks what" of docs/blocking.md: a case a row, a check a cell.
#include <filesystem>
#include <fstream>

#include "fibers/fiber.hpp"
#include "fibers/io.hpp"
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

/// What one fiber waits for. A plain kernel thread opens it once the other fiber has run, or when
/// that has had long enough to.
class Obstacle {
 public:
  Obstacle() : pipe_(std::move(os::pipe(true)).value()), blocking_(std::move(os::pipe()).value()) {}

  void open() {
    const std::byte one[1]{};
    (void)os::write(pipe_[1].get(), one).error();
    (void)os::write(blocking_[1].get(), one).error();
    open_.store(true);
  }
  void wait_in_weft() { wait_ready(pipe_[0].get(), os::kReadable); }
  void wait_in_kernel() {
    std::byte one[1];
    (void)os::read(blocking_[0].get(), one).error();
  }
  void compute() {
    while (!open_.load()) {
    }
  }

 private:
  std::array<os::Fd, 2> pipe_, blocking_;
  lwp::atomic<bool> open_{false};
};

/// True if a second fiber runs while `callers` others are in `call`.
template <class Call>
bool other_runs(const Config& config, Call&& call, int callers = 1) {
  INFO(testing::describe(config) << " " << name(config.on_block));
  Obstacle obstacle;
  lwp::atomic<bool> ran{false};
  lwp::atomic<int> inside{0};
  bool ran_meanwhile = false;
  Runtime runtime(config);
  runtime.run([&] {
    os::Thread opener("opener", [&] {
      constexpr os::Nanos kChance = 50 * os::kMillisecond, kPatience = 10 * os::kSecond;
      os::Nanos late = os::now() + kPatience;
      while (inside.load() < callers && os::now() < late) {
        os::sleep_until(os::now() + os::kMillisecond);
      }
      os::Nanos enough = os::now() + kChance;
      while (!ran.load() && os::now() < enough) os::sleep_until(os::now() + os::kMillisecond);
      ran_meanwhile = ran.load();
      for (int i = 0; i < callers; ++i) obstacle.open();
    });
    std::vector<Fiber> blocked;
    for (int i = 0; i < callers; ++i) {
      blocked.push_back(spawn([&] {
        inside.fetch_add(1);
        call(obstacle);
      }));
    }
    // Behind them in the queue, and not before they are inside.
    Fiber other = spawn([&] {
      while (inside.load() < callers) yield();
      ran.store(true);
    });
    for (auto& f : blocked) f.join();
    other.join();
    opener.join();
  });
  return ran_meanwhile;
}

constexpr Config kOne{.mapping = Mapping::many_to_one};
Config many(int lwps, OnBlock how = OnBlock::hold) {
  return {.mapping = Mapping::many_to_many, .lwps = lwps, .on_block = how, .policy = "fifo"};
}
Config kernel(OnBlock how = OnBlock::hold) {
  return {.mapping = Mapping::one_to_one, .on_block = how};
}
const auto raw = [](Obstacle& obstacle) { obstacle.wait_in_kernel(); };
const auto announced = [](Obstacle& obstacle) {
  blocking("a pipe", [&] { obstacle.wait_in_kernel(); });
};

TEST_CASE("What blocks what: a wait of ours stops the fiber alone") {
  auto ours = [](Obstacle& obstacle) { obstacle.wait_in_weft(); };
  CHECK(other_runs(kOne, ours));
  CHECK(other_runs(many(1), ours));
  CHECK(other_runs(many(2), ours, 2));
  CHECK(other_runs(kernel(), ours));
  auto sleeps = [](Obstacle&) { sleep_for(60 * os::kMillisecond); };
  CHECK(other_runs(kOne, sleeps));
  CHECK(other_runs(many(2), sleeps, 2));
}

TEST_CASE("What blocks what: a raw blocking call under hold stops the LWP") {
  CHECK_FALSE(other_runs({.mapping = Mapping::many_to_one, .policy = "fifo"}, raw));
  CHECK(other_runs(many(2), raw, 1));
  CHECK_FALSE(other_runs(many(2), raw, 2));
  CHECK(other_runs(kernel(), raw, 2));
  CHECK_FALSE(other_runs({.mapping = Mapping::many_to_one, .policy = "fifo"}, announced));
}

TEST_CASE("What blocks what: a raw blocking call under handoff stops the fiber, once noticed") {
  CHECK(refuse({.mapping = Mapping::many_to_one, .on_block = OnBlock::handoff}));
  if (os::has(os::Feature::membarrier)) {
    CHECK(other_runs(many(1, OnBlock::handoff), raw));
    CHECK(other_runs(many(2, OnBlock::handoff), raw, 4));
  }
  CHECK(other_runs(kernel(OnBlock::handoff), raw));
}

TEST_CASE("What blocks what: an announced call under handoff and offload stops the fiber") {
  CHECK(other_runs(many(1, OnBlock::handoff), announced));
  CHECK(other_runs({.mapping = Mapping::many_to_one, .on_block = OnBlock::offload}, announced, 3));
  CHECK(other_runs(many(2, OnBlock::offload), announced, 3));
  CHECK(other_runs(kernel(OnBlock::offload), announced));
}

TEST_CASE("What blocks what: a cached file read waits for nobody") {
  auto path =
      std::filesystem::temp_directory_path() / ("weft-cached-" + std::to_string(os::thread_id()));
  std::ofstream(path) << "in the page cache";
  auto file = std::move(os::open_file(path.string()).value());
  std::array<std::byte, 17> text;
  const bool tells = bool(os::pread_cached(file.get(), text, 0));  // tmpfs does not
  for (const Config& config : {kOne, many(2), kernel()}) {
    INFO(testing::describe(config));
    Runtime runtime(config);
    std::size_t read = 0;
    runtime.run([&] { read = read_file(file.get(), text, 0).value(); });
    CHECK(read == text.size());
    CHECK(runtime.stats().blocking_calls == (tells ? 0u : 1u));
  }
  std::filesystem::remove(path);
}

TEST_CASE("What blocks what: a long computation stops the LWP") {
  auto computes = [](Obstacle& obstacle) { obstacle.compute(); };
  CHECK_FALSE(other_runs({.mapping = Mapping::many_to_one, .policy = "fifo"}, computes));
  CHECK(other_runs(many(2), computes, 1));
  CHECK_FALSE(other_runs(many(2), computes, 2));
  CHECK(other_runs(kernel(), computes, 2));
  if (!testing::can_preempt()) return;
  CHECK(other_runs(testing::preempting(1), computes, 1));
  CHECK(other_runs(testing::preempting(2), computes, 5));
}

}  // namespace
}  // namespace weft::fibers
