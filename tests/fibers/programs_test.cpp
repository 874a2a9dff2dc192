// SPDX-License-Identifier: BSL-1.0
// What a person sees of a program that hangs or dies: tests/programs/fibers_program.cpp from
// outside.
#include <csignal>

#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::arguments;
using weft::testing::Child;

// The line on which the dump shows the fiber of that name, without runs of blanks.
std::string fiber(const std::string& output, const std::string& name) {
  std::string word = " " + name + " ";
  auto table = output.rfind("waits for\n");
  auto at = table == std::string::npos ? table : output.find(word, table);
  if (at == std::string::npos) return "(no line with " + word + ")";
  auto begin = output.rfind('\n', at) + 1;
  std::string line;
  for (char c : output.substr(begin, output.find('\n', at) - begin)) {
    if (c != ' ' || (!line.empty() && line.back() != ' ')) line += c;
  }
  return line;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

using Catch::Matchers::Contains;

// What the dump of a stuck program does not show, though it should; empty if nothing is missing.
std::string missing(const std::string& output, std::size_t lwps) {
  auto shows = [&](const std::string& name, const char* what) {
    return fiber(output, name).find(what) != std::string::npos;
  };
  std::string in_read = os::has(os::Feature::proc_syscall) ? "blocked in read(" : "blocked";
  if (count(output, in_read) < lwps) return in_read;
  if (!shows("main", "waiting - semaphore 0x")) return "main";
  if (!shows("waiter", "waiting - semaphore 0x")) return "waiter";
  if (!shows("acceptor", "waiting - readable fd ")) return "acceptor";
  if (!shows("sleeper", "waiting - sleep")) return "sleeper";
  for (std::size_t i = 0; i < lwps; ++i) {
    auto name = "reader-" + std::to_string(i);
    if (!shows(name, "running ")) return name;
    if (count(output, name) < 2) return "the LWP of " + name;
  }
  return "";
}

TEST_CASE("SIGQUIT prints every fiber while every LWP is stuck in a raw read") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Child child("fibers", arguments("stuck", config));
    REQUIRE(child.says("started"));
    // They come to rest soon, and nothing tells us when: ask until they have.
    const std::size_t lwps = config.lwps > 0 ? static_cast<std::size_t>(config.lwps) : 1;
    os::Nanos patience = os::now() + 10 * os::kSecond;
    bool answered = true;
    do {
      child.forget();
      child.signal(SIGQUIT);
      // The first fiber is on the last line.
      answered = child.says("waits for\n") && child.says(" main   ");
    } while (answered && os::now() < patience && !missing(child.output(), lwps).empty());
    INFO(child.output());
    CHECK(missing(child.output(), lwps) == "");
    child.signal(SIGKILL);
    CHECK(child.end() == 128 + SIGKILL);
  }
}

TEST_CASE("A deadlock prints every fiber and ends the program with 4") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    for (const char* scenario : {"deadlock", "deadlock-after-io"}) {
      Child child("fibers", arguments(scenario, config));
      int code = child.end();
      INFO(child.output());
      CHECK(code == 4);
      CHECK_THAT(child.output(), Contains("weft: deadlock: every fiber waits"));
      if (std::string(scenario) == "deadlock") {
        CHECK_THAT(fiber(child.output(), "left"), Contains("waiting - semaphore 0x"));
        CHECK_THAT(fiber(child.output(), "main"), Contains("waiting - semaphore 0x"));
      } else {
        CHECK_THAT(fiber(child.output(), "waiter"), Contains("waiting - semaphore"));
      }
    }
  }
}

TEST_CASE("A deadlock loses no output and waits for nobody who has locked it") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Child child("fibers", arguments("deadlock-after-output", config));
    int code = child.end();
    INFO(child.output());
    CHECK(code == 4);
    CHECK_THAT(child.output(), Contains("printed before the deadlock\n"));
    Child locked("fibers", arguments("deadlock-output-locked", config));
    CHECK(locked.end() == 4);
    CHECK_THAT(locked.output(), Contains("weft: deadlock: every fiber waits"));
  }
}

TEST_CASE("A deadlock in a scope or with an attached thread is one") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    for (const char* scenario : {"deadlock-in-scope", "deadlock-with-thread"}) {
      Child child("fibers", arguments(scenario, config));
      int code = child.end();
      INFO(scenario << "\n" << child.output());
      CHECK(code == 4);
      CHECK_THAT(child.output(), Contains("weft: deadlock: every fiber waits"));
    }
  }
}

#ifndef NDEBUG
TEST_CASE("A circle of owned objects is found while others still run") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    for (const char* scenario : {"circle", "circle-of-three"}) {
      Child child("fibers", arguments(scenario, config));
      int code = child.end();
      INFO(child.output());
      CHECK(code == 4);
      CHECK_THAT(child.output(),
                 Contains("weft: deadlock: fibers wait for each other in a circle"));
      CHECK_THAT(child.output(), Contains(" first waits for shared mutex 0x"));
      bool three = std::string(scenario) == "circle-of-three";
      CHECK(count(child.output(), ", held by fiber ") == (three ? 3 : 2));
      CHECK_THAT(fiber(child.output(), "second"), Contains("waiting") || Contains("running"));
    }
  }
}
#endif

TEST_CASE("A plain kernel thread that is not attached is told so") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Child child("fibers", arguments("plain-thread", config));
    CHECK(child.end() == 128 + SIGABRT);
    CHECK_THAT(child.output(), Contains("a plain kernel thread called what only a fiber may call"));
  }
}

TEST_CASE("An exception that nobody joins names its fiber") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Child child("fibers", arguments("unjoined", config));
    CHECK(child.end() == 128 + SIGABRT);
    CHECK_THAT(child.output(),
               Contains("careless ended with an exception") && Contains("nobody listens"));
    Child scope("fibers", arguments("child-unjoined", config));
    CHECK(scope.end() == 128 + SIGABRT);
    CHECK_THAT(scope.output(), Contains("nobody listens"));
  }
}

TEST_CASE(
    "A mutex locked twice, two joins of one fiber, a runtime in a fiber: each says so and dumps") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Child relock("fibers", arguments("relock", config));
    CHECK(relock.end() == 128 + SIGABRT);
    CHECK_THAT(relock.output(), Contains("locks a mutex that it holds") && Contains("main"));
    Child joins("fibers", arguments("two-joins", config));
    CHECK(joins.end() == 128 + SIGABRT);
    CHECK_THAT(joins.output(), Contains("two fibers wait for the end of one"));
    Child nested("fibers", arguments("nested", config));
    CHECK(nested.end() == 128 + SIGABRT);
    CHECK_THAT(nested.output(), Contains("Runtime::run() inside a fiber"));
  }
}

TEST_CASE("Without memory for another fiber spawn throws, and the others go on") {
  if (testing::kSanitized) return;  // sanitizers need address space without limit
  for (const Config& config : testing::every_configuration()) {
    if (config.engine == Engine::boost_fiber) continue;
    INFO(testing::describe(config));
    Child child("fibers", arguments("no-memory", config), "ulimit -v 500000; exec ");
    int code = child.end();
    INFO(child.output());
    CHECK(code == 0);
    CHECK_THAT(child.output(), Contains("refused\ngoes on\n"));
  }
}

}  // namespace
}  // namespace weft::fibers
