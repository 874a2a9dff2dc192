// SPDX-License-Identifier: BSL-1.0
// A load on several endpoints, of which some fail.
#include <cctype>
#include <cstdlib>

#include "labs/load/generator.hpp"
#include "tests/catch.hpp"
#include "tests/labs/scripted_server.hpp"
#include "tests/labs/weft_program.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::labs;
using namespace weft::labs::load;
using namespace weft::lwp::os;
using testing::ScriptedServer;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string kHalf = "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nhi";

Plan plan_of(const Address& first, const std::vector<Address>& also,
             const std::string& request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n") {
  Plan plan;
  plan.target = first;
  plan.also = also;
  plan.next_request = [request] { return std::string_view(request); };
  plan.rate = 200;
  plan.duration = 250 * kMillisecond;
  plan.timeout = 5 * kSecond;
  return plan;
}

// Nobody listens there.
Address nowhere() {
  auto listener = listen({.port = 0});
  return {.port = local_port(listener.value().get()).value()};
}

struct Counting {
  lwp::atomic<int> asked{0};
  ScriptedServer server;
  explicit Counting(const Reply& reply)
      : server([this, reply](int) {
          asked.fetch_add(1);
          return reply;
        }) {}
};

}  // namespace

TEST_CASE(
    "endpoints are taken in turn, and one that failed rests: of all at rest the longest one") {
  ManualClock clock;
  const Address a{.port = 1}, b{.port = 2}, c{.port = 3};
  Endpoints endpoints({a, b});
  CHECK(endpoints.choose().port == 1);
  CHECK(endpoints.choose().port == 2);
  CHECK(endpoints.choose().port == 1);
  CHECK(endpoints.others(a) == 1);
  CHECK(endpoints.others(c) == 2);
  endpoints.failed(b, now());
  for (int i = 0; i < 3; ++i) CHECK(endpoints.choose().port == 1);
  clock.advance(10);
  endpoints.failed(a, now());
  CHECK(endpoints.choose().port == 2);
  clock.advance(10);
  endpoints.failed(b, now());
  CHECK(endpoints.choose().port == 1);
  endpoints.replace({});
  endpoints.replace({a, b, c});  // a and b rest on
  CHECK(endpoints.choose().port == 3);
  CHECK(endpoints.choose().port == 3);
  clock.advance(kSecond);
  int seen[4] = {};
  for (int i = 0; i < 3; ++i) ++seen[endpoints.choose().port];
  CHECK((seen[1] == 1 && seen[2] == 1 && seen[3] == 1));
}

TEST_CASE("a load is spread over its endpoints") {
  Counting one({kOk}), two({kOk});
  const Outcome out = run(plan_of(one.server.address(), {two.server.address()}));
  CHECK(out.answered == out.offered);
  CHECK(out.failures() == 0);
  CHECK(out.failed_over == 0);
  CHECK(std::abs(one.asked.load() - two.asked.load()) <= 1);
}

TEST_CASE("a request fails over from an endpoint that is not there, or breaks off its answer") {
  ScriptedServer good([](int) { return Reply{kOk}; });
  ScriptedServer bad([](int i) {
    return i % 3 == 0   ? Reply{"", Then::reset}
           : i % 3 == 1 ? Reply{kHalf, Then::close}
                        : Reply{"", Then::close};
  });
  for (const Address& first : {bad.address(), nowhere()}) {
    for (bool closed : {false, true}) {
      Plan plan = plan_of(first, {good.address()});
      if (closed) plan.rate = 0;
      const Outcome out = run(plan);
      CAPTURE(closed, first.port, out.first_failure);
      CHECK(out.failures() == 0);
      CHECK(out.failed_over >= 1);
      if (closed) CHECK(out.failed_over <= 2);  // it rests meanwhile
      CHECK(out.availability.down == 0);
      if (!closed) CHECK(out.answered == out.offered);
    }
  }
}

TEST_CASE("requests sent ahead fail over in their order, and once for each endpoint at most") {
  ScriptedServer good([](int) { return Reply{kOk, Then::keep}; });
  Plan plan = plan_of(nowhere(), {nowhere(), good.address()});
  plan.rate = 0;
  plan.keep_alive = true;
  plan.pipeline = 4;
  const Outcome out = run(plan);
  CHECK(out.failures() == 0);
  CHECK(out.failed_over >= 1);
  CHECK(out.answered > 4);
}

TEST_CASE("a request fails only when all endpoints have") {
  Counting one({"", Then::close}), two({kHalf, Then::close});
  const Outcome out = run(plan_of(one.server.address(), {two.server.address()}));
  const auto all = static_cast<int>(out.offered);
  CHECK(out.answered == 0);
  CHECK(out.failures() == out.offered);
  CHECK(out.failed_over == 0);
  CHECK(one.asked.load() == all);
  CHECK(two.asked.load() == all);
}

TEST_CASE("an answer is an answer, and what changes something is not sent twice") {
  ScriptedServer good([](int) { return Reply{kOk}; });
  ScriptedServer sorry(
      [](int) { return Reply{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"}; });
  Outcome out = run(plan_of(sorry.address(), {good.address()}));
  CHECK(out.failed_over == 0);
  CHECK(out.failures() + out.answered == out.offered);
  CHECK(out.failures() >= out.answered);
  out = run(plan_of(nowhere(), {good.address()},
                    "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
  CHECK(out.failed_over == 0);
  CHECK(out.failures() >= 1);
}

TEST_CASE("latency of what failed over counts from its intended time") {
  ScriptedServer good([](int) { return Reply{kOk}; });
  ScriptedServer late([](int) { return Reply{"", Then::close, 80 * kMillisecond}; });
  Plan plan = plan_of(late.address(), {good.address()});
  plan.rate = 20;
  const Outcome out = run(plan);
  CHECK(out.failed_over >= 1);
  CHECK(out.latency.max() >= 80 * kMillisecond);
  CHECK(out.service.max() >= 80 * kMillisecond);
}

TEST_CASE("when an endpoint fails its name is looked up again, and a new one found") {
  tests::Live names({"", "single-threaded"}, "", [](auto& o) { o.service = "names"; });
  const Address at{.port = names.port()};
  ScriptedServer good([](int) { return Reply{kOk}; });
  std::string answer;
  REQUIRE(servers::ask_names(
      at, "register web 127.0.0.1:" + std::to_string(good.address().port) + " 60", kSecond,
      answer));
  Plan plan = plan_of(nowhere(), {nowhere()});  // as they were once
  plan.named = Named{at, "web"};
  const Outcome out = run(plan);
  CHECK(out.answered > 0);  // those that were meant after the names server had answered
}

TEST_CASE("weft load: endpoints are typed as --also or --names, and told in its summary") {
  ScriptedServer good([](int) { return Reply{kOk}; });
  const std::string there = "127.0.0.1:" + std::to_string(good.address().port);
  const std::string gone = "127.0.0.1:" + std::to_string(nowhere().port);
  auto load = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "load");
    return testing::all_said_by_weft(arguments);
  };
  const auto ran = load({gone, "--also", there, "--rate", "100", "--duration", "0.2", "--warm-up",
                         "0", "--expect", "failed-over>0"});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("spread over 2 endpoints") != ran.out.npos);
  CHECK(ran.out.find("no errors") != ran.out.npos);
  const auto rate = ran.out.find("  KiB/s");
  REQUIRE(rate != ran.out.npos);
  CHECK(std::isdigit(ran.out.at(ran.out.find_first_not_of(' ', rate + 7))));
  CHECK(ran.out.find("failed over: ") != ran.out.npos);

  CHECK(load({there, "--also", "nowhere"}).code == 2);
  CHECK(load({there, "--also", there + "/a"}).code == 2);
  CHECK(load({"--variant", "a=" + there, "--also", there}).code == 2);
  CHECK(load({"http://web", "--also", there, "--names", there}).code == 2);
  CHECK(load({there, "--names", there}).code == 2);  // no name
  const auto nobody = load({"http://web", "--names", gone});
  CHECK(nobody.code == 1);
  CHECK(nobody.out.find("Connection refused") != nobody.out.npos);
}
