// SPDX-License-Identifier: BSL-1.0
// The seam: features and their absence, stacks, the idle meter, processes.
#include <cerrno>
#include <csignal>

#include "tests/child.hpp"

namespace weft::lwp {
namespace {

using Catch::Matchers::Contains;
using weft::testing::Child;

TEST_CASE("Each probed feature can be hidden by WEFT_WITHOUT") {
  for (auto f : os::kFeatures) {
    std::string name(os::name(f));
    Child child("kernel", "features", "WEFT_WITHOUT=" + name + ",nonsense,, exec ");
    CHECK(child.end() == 0);
    CHECK_THAT(child.output(), Contains(name + " no\n") && Contains("unknown nonsense\n"));
    for (auto other : os::kFeatures) {
      if (other == f || !os::has(other)) continue;
      CHECK_THAT(child.output(), Contains(std::string(os::name(other)) + " yes\n"));
    }
    CHECK_FALSE(os::without(f).empty());
  }
  Child child("kernel", "features", "WEFT_WITHOUT=membarrier exec ");
  CHECK(child.end() == 0);
  CHECK_THAT(child.output(), Contains("membarrier() no"));
}

TEST_CASE("A confined process writes nowhere, and does not see what is hidden") {
  Child child("kernel", "confine");
  CHECK(child.end() == 0);
  if (child.output().find("confined no") != std::string::npos) {
    WARN("SKIPPED: no user namespaces");
    return;
  }
  CHECK_THAT(child.output(), Contains("hidden yes") && Contains("writes no") &&
                                 Contains("reads yes") && Contains("open yes"));
}

TEST_CASE("A stack may be used whole, one byte below it is the guard, however it was made") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return;  // they catch the fault first
#endif
  for (const char* prelude : {"exec ", "WEFT_WITHOUT=guard_install exec "}) {
    Child whole("kernel", "stack", prelude);
    CHECK(whole.end() == 0);
    CHECK_THAT(whole.output(), Contains("unmapped"));
    Child below("kernel", "guard", prelude);
    CHECK(below.end() == 128 + SIGSEGV);
    CHECK_THAT(below.output(), Contains("touched"));
  }
}

// "<what> idle I waiting W times T", as numbers.
std::array<int, 3> metered(const std::string& output, const std::string& what) {
  std::array<int, 3> n{-1, -1, -1};
  auto at = output.find(what + " idle");
  if (at != output.npos) {
    std::sscanf(output.c_str() + at + what.size(), " idle %d waiting %d times %d", &n[0], &n[1],
                &n[2]);
  }
  return n;
}

TEST_CASE("The idle meter counts when every thread sleeps, and whether somebody waited (alone)") {
  Child child("kernel", "meter");
  CHECK(child.end() == 0);
  INFO(child.output());
  auto alone = metered(child.output(), "alone");
  CHECK(alone[0] >= 19);
  CHECK(alone[1] == 0);
  auto wait = metered(child.output(), "others-wait");
  CHECK(wait[1] >= 19);
  CHECK(wait[2] == 1);
  if (child.output().find("slow machine") == std::string::npos) {
    CHECK(metered(child.output(), "one-computes")[0] <= 10);
  }
  CHECK(metered(child.output(), "both-sleep")[1] >= 19);
  CHECK(metered(child.output(), "a-watcher-computes")[1] >= 15);
  auto nobody = metered(child.output(), "nobody-waits");
  CHECK(nobody[0] >= 19);
  CHECK(nobody[1] == 0);
}

// What asks who waits goes through the seam itself, inside the meter's lock; somebody else may wake
// meanwhile, and wants that lock.
TEST_CASE("The idle meter may be asked by a thread that ends while another wakes") {
  auto pipe = std::move(os::pipe()).value();
  int main = os::thread_id();
  auto asleep = [main] { return os::look_at_thread(main).state == 'S'; };
  atomic<int> asked{0};
  os::meter_idle([&] {
    if (asked.fetch_add(1) > 0) return std::size_t{0};
    std::byte one[1]{};
    (void)os::write(pipe[1].get(), one).error();
    while (asleep()) os::yield_cpu();
    for (int i = 0; i < 1000; ++i) {  // it gets to the meter in one of them
      os::wait_ready(pipe[1].get(), os::kWritable, 0);
      os::yield_cpu();
    }
    return std::size_t{0};
  });
  os::Thread last("last", [&] {
    while (!asleep()) os::yield_cpu();
  });
  CHECK(os::wait_ready(pipe[0].get(), os::kReadable, os::kNever));
  last.join();
  CHECK(asked.load() > 0);
  os::meter_idle(nullptr);
}

TEST_CASE("Processes: output, exit codes, signals, a missing program, a deadline") {
  auto echo = os::spawn_process({"/bin/sh", "-c", "echo hello; exit 3"});
  REQUIRE(echo);
  std::array<std::byte, 100> buffer;
  REQUIRE(*os::read(echo->out(), buffer) == 6);
  REQUIRE(echo->wait()->code == 3);
  REQUIRE_FALSE(echo->wait()->signaled);  // remembered

  REQUIRE(os::spawn_process({"/no/such/program"}).error() == ENOENT);
  REQUIRE(os::spawn_process({"/"}).error() == EACCES);

  auto sleeper = os::spawn_process({"/bin/sleep", "100"});
  REQUIRE(sleeper);
  REQUIRE_FALSE(sleeper->wait(os::now() + 5 * os::kMillisecond));
  REQUIRE_FALSE(sleeper->wait(0));
  sleeper->signal(SIGTERM);
  auto exit = sleeper->wait(os::now() + 10 * os::kSecond);
  REQUIRE(exit);
  REQUIRE(exit->signaled);
  REQUIRE(exit->code == 128 + SIGTERM);

  // The destructor ends what still runs: the pipe's other end closes.
  auto gone = os::spawn_process({"/bin/sleep", "100"});
  os::Process moved = std::move(*gone);
  REQUIRE(moved.pid() > 0);
  moved = os::Process();

  auto cpus = os::allowed_cpus();
  REQUIRE_FALSE(cpus.empty());
  const int one[] = {cpus.back()};
  auto confined =
      os::spawn_process({"/bin/sh", "-c", "grep Cpus_allowed_list /proc/self/status"}, one);
  std::size_t n = *os::read(confined->out(), buffer);
  REQUIRE_THAT(std::string(reinterpret_cast<char*>(buffer.data()), n),
               Contains("\t" + std::to_string(one[0]) + "\n"));
}

TEST_CASE("Threads: a name is cut, signals are blocked, join once, look_at_thread sees the call") {
  atomic<int> id{0};
  auto pipe = std::move(os::pipe()).value();
  os::Thread thread("a name of more than fifteen bytes", [&] {
    id.store(os::thread_id());
    std::byte one[1];
    (void)os::read(pipe[0].get(), one).error();
  });
  while (id.load() == 0) os::yield_cpu();
  os::ThreadLook look;
  os::Nanos patience = os::now() + 10 * os::kSecond;
  do look = os::look_at_thread(id.load());
  while (look.state != 'S' && os::now() < patience);
  CHECK(look.state == 'S');
  if (os::has(os::Feature::proc_syscall)) {
    // Between entering the call and sleeping in it the file reads "running".
    while (look.call == nullptr && os::now() < patience) look = os::look_at_thread(id.load());
    REQUIRE(look.call != nullptr);
    CHECK(std::string(look.call) == "read");
    CHECK(look.first_argument == pipe[0].get());
  }
  std::byte one[1]{};
  REQUIRE(os::write(pipe[1].get(), one));
  os::Thread moved = std::move(thread);
  CHECK_FALSE(thread.joinable());
  moved.join();
  moved.join();
  CHECK(os::look_at_thread(2'000'000'000).state == '?');
}

TEST_CASE("CPU time grows with work, not with sleep (alone)") {
  os::Nanos process = os::process_cpu(), thread = os::thread_cpu();
  while (os::thread_cpu() - thread < 2 * os::kMillisecond) {
  }
  CHECK(os::process_cpu() - process >= 2 * os::kMillisecond);
  thread = os::thread_cpu();
  os::sleep_until(os::now() + 5 * os::kMillisecond);
  CHECK(os::thread_cpu() - thread < 2 * os::kMillisecond);
}

}  // namespace
}  // namespace weft::lwp
