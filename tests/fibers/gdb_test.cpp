// SPDX-License-Identifier: BSL-1.0
// gdb's commands (fibers/gdb/), by gdb itself: on a program that runs and on its core.
#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using Catch::Matchers::Contains;

// What a command of the shell prints.
std::string output_of(const std::string& command) {
  auto process = std::move(os::spawn_process({"/bin/sh", "-c", command + " 2>&1"})).value();
  std::string output;
  std::array<std::byte, 4096> buffer;
  while (true) {
    auto n = os::read(process.out(), buffer);
    if (!n || *n == 0) break;
    output.append(reinterpret_cast<char*>(buffer.data()), *n);
  }
  (void)process.wait();
  return output;
}

// gdb without anybody's settings; the program's own script is trusted, as docs/debugging.md says.
std::string gdb(const std::string& program, const std::string& arguments) {
  return "timeout 60 gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set width 0' -iex "
         "'add-auto-load-safe-path " +
         program + "' " + arguments;
}

constexpr const char* kLook = " -ex 'weft fibers' -ex 'weft waits' -ex 'weft bt all' ";

void check(const std::string& output, const Config& config) {
  INFO(output);
  const bool one_to_one = config.mapping == Mapping::one_to_one;
  CHECK_THAT(output, Contains("1  main                     running"));
  CHECK_THAT(output, Contains("2  wants-mutex              waiting"));
  CHECK_THAT(output, Contains("3  in-depth                 waiting"));
  CHECK_THAT(output, Contains("fiber 2 wants-mutex waits for mutex 0x"));
  CHECK_THAT(output, Contains(", held by fiber 1 main (running)"));
  CHECK_THAT(output, Contains("fiber 3 in-depth waits for semaphore 0x"));
  CHECK_THAT(output, Contains("fiber 4 joins waits for join of fiber 3 in-depth (waiting)"));
  // Whole backtraces, down to the fiber's first call, in the order of the fibers.
  std::size_t at = output.find("fiber 1 main: running on LWP ");
  for (const char* next :
       {"look_here", "ControlBlock::run_body", "fiber 2 wants-mutex: waiting for mutex",
        "waits_for_mutex", "ControlBlock::run_body", "fiber 3 in-depth: waiting for semaphore",
        "waits_in_depth", "waits_in_depth", "waits_in_depth", "waits_in_depth",
        "ControlBlock::run_body", "fiber 4 joins: waiting", "Fiber::join",
        "ControlBlock::run_body"}) {
    INFO(next);
    REQUIRE(at != std::string::npos);
    at = output.find(next, at + 1);
  }
  CHECK(at != std::string::npos);
  CHECK(output.find("Error") == std::string::npos);
  if (!one_to_one) CHECK(output.find("?? ()") == std::string::npos);
}

TEST_CASE("gdb shows every fiber, live and from a core") {
  if (testing::kSanitized) return;  // gdb and a sanitizer's own thread of control do not get along
  if (output_of("gdb --version").find("GNU gdb") == std::string::npos) {
    WARN("SKIPPED: needs gdb");
    return;
  }
  std::string self = os::own_program();
  const std::string program = self.substr(0, self.rfind('/')) + "/program_gdb";
  const std::string core = self + ".core";
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    const std::string arguments = testing::arguments("", config);
    // gdb's own cores end at a guard of the newer kind; the kernel's do not.
    const std::string live = output_of(gdb(
        program, "-ex 'set environment WEFT_WITHOUT guard_install' -ex 'break look_here' -ex run " +
                     std::string(kLook) + " -ex 'generate-core-file " + core +
                     "' -ex kill --args " + program + arguments));
    check(live, config);
    check(output_of(gdb(program, kLook + program + " " + core)), config);
    (void)output_of("rm -f " + core);
  }
}

}  // namespace
}  // namespace weft::fibers
