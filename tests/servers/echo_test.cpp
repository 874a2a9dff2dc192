// SPDX-License-Identifier: BSL-1.0
#include "servers/echo.hpp"

#include "tests/catch.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using tests::MemoryFiles;
using tests::Talk;

TEST_CASE("echo sends back what it received, in order") {
  servers::EchoService service;
  MemoryFiles none;
  Talk talk(service, none);
  talk.say("one ").say("two");
  CHECK(talk.heard() == "one two");
  CHECK(talk.requests() == 2);
  CHECK_FALSE(talk.closed());
  CHECK_FALSE(talk.in_request());
}

TEST_CASE("echo returns more than its buffer holds, and every byte value") {
  servers::EchoService service({.buffer = 100});
  MemoryFiles none;
  Talk talk(service, none);
  std::string all;
  for (int i = 0; i < 1000; ++i) all += static_cast<char>(i % 256);
  talk.say(all).hang_up();
  CHECK(talk.heard() == all);
  CHECK(talk.requests() == 10);
  CHECK(talk.closed());
}

TEST_CASE("echo takes nothing while its peer does not read") {
  servers::EchoService service;
  MemoryFiles none;
  Talk talk(service, none);
  talk.block_sends(true);
  talk.say("x");
  CHECK(talk.in_request());
  talk.say("y");
  CHECK(talk.heard().empty());
  talk.block_sends(false);
  CHECK(talk.heard() == "xy");
}

TEST_CASE("echo closes a silent peer at its deadline, and counts CPU per receive") {
  servers::EchoService service({.limits = {.idle_time = 7}, .cpu_per_request = 5});
  MemoryFiles none;
  Talk talk(service, none);
  CHECK(talk.deadline() == 7);
  talk.say("x").say("y");
  CHECK(talk.computed() == 10);
  talk.expire();
  CHECK(talk.closed());
  CHECK(talk.failures() == 0);
}
