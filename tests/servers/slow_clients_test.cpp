// SPDX-License-Identifier: BSL-1.0
// Attacks that hold connections by being slow (slowhttptest), against the models that claim to
// stand them. tests/servers/slow_clients tells how long a good client waits meanwhile.
#include <csignal>
#include <iostream>

#include "tests/catch.hpp"
#include "tests/servers/served.hpp"

using namespace weft;
using namespace weft::tests;

TEST_CASE("slow clients of every kind hold up nobody, and are cut off by the limits") {
  if (run("command -v slowhttptest").code != 0) {
    std::cout << "SKIPPED: needs slowhttptest\n";
    return;
  }
  Folder root;
  root.file("small", "hello").file("big", std::string(5'000'000, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  auto mode = GENERATE(as<std::string>(), "-H /big", "-B -t PUT -s 100000 /new", "-R /big",
                       "-X -n 1 -z 5 -w 16 -y 64 /big");
  if (setup.name != "fsm" && setup.name != "4 workers, many-to-many") return;  // seconds each
  INFO(setup << ", " << mode);
  Served served(root.path(),
                flags_of(setup, {"--writable", "--min-rate", "1000", "--grace-seconds", "0.5"}));
  const auto path = mode.rfind(' ') + 1;
  auto attack =
      os::spawn_process({"sh", "-c",
                         "exec slowhttptest -c 50 -r 200 -i 1 -l 2 -p 5 " + mode.substr(0, path) +
                             "-u http://127.0.0.1:" + std::to_string(served.port()) +
                             mode.substr(path) + " >/dev/null 2>&1"});
  REQUIRE(attack);
  Client good(served.port());
  const std::string request = get("/small");
  os::Nanos longest = 0;
  while (!attack->wait(os::now() + 10 * os::kMillisecond)) {
    const os::Nanos begin = os::now();
    REQUIRE(good.send(request).answer().ends_with("hello"));
    longest = std::max(longest, os::now() - begin);
  }
  CHECK(longest < 2 * os::kSecond);  // no speed: each would hold a worker for seconds
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}
