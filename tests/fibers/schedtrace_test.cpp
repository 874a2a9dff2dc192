// SPDX-License-Identifier: BSL-1.0
// WEFT_SCHEDTRACE, from outside: the programs of SIGQUIT's test, which stand still.
#include <csignal>
#include <regex>

#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using Catch::Matchers::Contains;
using weft::testing::Child;

TEST_CASE("WEFT_SCHEDTRACE prints a line of permits and LWPs and queues every so often") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Child child("fibers", testing::arguments("stuck", config), "WEFT_SCHEDTRACE=20 exec ");
    const int lwps = config.lwps > 0 ? config.lwps : 1;
    // One-to-one: the three that only wait, and main, are asleep in the kernel, too.
    const bool one_to_one = config.mapping == Mapping::one_to_one;
    const int blocked = one_to_one ? lwps + 4 : lwps;
    std::string stuck = "lwps=" + std::to_string(blocked) +
                        " running=0 idle=0 blocked=" + std::to_string(blocked) + " ";
    if (!one_to_one) stuck += "permits=" + std::to_string(lwps) + " runqueue=";
    CHECK(child.says(stuck));
    INFO(child.output());
    const std::regex line(
        "SCHED [0-9]+ms: lwps=[0-9]+ running=[0-9]+ idle=[0-9]+ blocked=[0-9]+ "
        "(permits=[0-9]+ runqueue=[0-9]+ (\\[[0-9 ]+\\] )?)?switches=[0-9]+\n");
    CHECK(std::regex_search(child.output(), line));
    child.signal(SIGKILL);
    child.end();
  }
}

TEST_CASE("A WEFT_SCHEDTRACE that is no number of milliseconds says so and traces nothing") {
  for (const char* value : {"often", "0", "-5", "10x", "99999999999999999999", ""}) {
    Child child("race", "mutex", "WEFT_SCHEDTRACE='" + std::string(value) + "' exec ");
    CHECK(child.end() == 0);
    INFO(child.output());
    CHECK_THAT(child.output(), Contains("weft: WEFT_SCHEDTRACE=" + std::string(value) +
                                        " is no number of milliseconds from 1 to 3600000"));
    CHECK_THAT(child.output(), !Contains("SCHED ") && Contains("20\n"));
  }
}

}  // namespace
}  // namespace weft::fibers
