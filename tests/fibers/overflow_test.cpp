// SPDX-License-Identifier: BSL-1.0
// What a person sees of an overflow: tests/programs/overflow_program.cpp from outside.
#include <csignal>

#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using Catch::Matchers::Contains;
using weft::testing::Child;

// Under each mapping and engine, and with either kind of guard.
template <class Check>
void with_each_guard(const std::string& scenario, Check&& check) {
  for (const Config& config : testing::every_configuration()) {
    for (const char* prelude : {"exec ", "WEFT_WITHOUT=guard_install exec "}) {
      INFO(testing::describe(config) << ", " << prelude);
      Child child("overflow", testing::arguments(scenario, config), prelude);
      int code = child.end();
      INFO(child.output());
      check(code, child.output());
    }
  }
}

TEST_CASE("An overflow names the fiber, its stack, the function and the mend") {
  if (testing::kSanitized) return;  // AddressSanitizer reports it in its own way
  with_each_guard("recursion", [](int code, const std::string& output) {
    CHECK(code == 128 + SIGSEGV);
    CHECK_THAT(output, Contains("weft: fiber 2 deep overflowed its stack of 64 KiB\n"));
    CHECK_THAT(output, Contains("::recurse, 1"));  // … times
    CHECK_THAT(output, Contains("weft serve --stack 128K"));
    CHECK_THAT(output, Contains("Config::stack_bytes = 128 * 1024"));
  });
}

TEST_CASE("A buffer of a call that lies in the guard is an overflow") {
  if (testing::kSanitized) return;
  with_each_guard("kernel", [](int code, const std::string& output) {
    CHECK(code == 128 + SIGSEGV);
    CHECK_THAT(output, Contains("weft: fiber 2 deep overflowed its stack of 64 KiB: a buffer"));
    CHECK_THAT(output, Contains("::read_below"));
  });
}

TEST_CASE("Other faults are nobody's overflow and go where they went") {
  if (testing::kSanitized) return;
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    for (const char* scenario : {"null", "sent"}) {
      Child child("overflow", testing::arguments(scenario, config));
      CHECK(child.end() == 128 + SIGSEGV);
      CHECK(child.output() == "");
    }
    Child handled("overflow", testing::arguments("null-handled", config));
    CHECK(handled.end() == 7);
    CHECK(handled.output() == "the program's own handler\n");
  }
}

TEST_CASE("Functions are found by their addresses without the C library's help") {
  std::array<char, 128> name;
  // NOLINTNEXTLINE: an address, not a call
  auto* function = reinterpret_cast<const void*>(static_cast<void (*)()>(&explain_overflows));
  CHECK(std::string(os::function_at(function, name)) == "weft::fibers::explain_overflows");
  int variable = 0;
  CHECK(os::function_at(&variable, name).empty());
  CHECK(os::function_at(nullptr, name).empty());
}

}  // namespace
}  // namespace weft::fibers
