// SPDX-License-Identifier: BSL-1.0
// The experiment of docs/load.md: a server that stalls once for two seconds, seen by three clients.
#include <cstdio>
#include <filesystem>

#include "labs/load/generator.hpp"
#include "tests/catch.hpp"
#include "tests/labs/scripted_server.hpp"
#include "tests/labs/weft_program.hpp"

using namespace weft::labs;
using namespace weft::labs::load;
using namespace weft::lwp::os;
using testing::ScriptedServer;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

namespace {

constexpr Nanos kStall = 2 * kSecond;
constexpr Nanos kDuration = 4 * kSecond;
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string kRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// The hundredth request meets the stall: whoever asks first, or has waited for a second.
ScriptedServer stalls_once(Then then) {
  return ScriptedServer([then](int i) { return Reply{kOk, then, i == 100 ? kStall : 0}; });
}

Plan plan_for(const ScriptedServer& server) {
  Plan plan;
  plan.target = server.address();
  plan.next_request = [] { return std::string_view(kRequest); };
  plan.duration = kDuration;
  plan.timeout = 10 * kSecond;
  return plan;
}

// "     99%    1.97s" of wrk --latency, in milliseconds.
double percentile_in(const std::string& text, const char* label) {
  const auto at = text.find(label);
  double value = -1;
  char unit[3] = "";
  if (at == text.npos || std::sscanf(text.c_str() + at, "%*s %lf%2s", &value, unit) != 2) return -1;
  return value * (unit[0] == 'u' ? 1e-3 : unit[0] == 'm' ? 1 : 1e3);
}

}  // namespace

TEST_CASE("a stall of two seconds: the closed loop hides it, the open loop shows it (alone)") {
  auto for_closed = stalls_once(Then::keep);
  Plan closed = plan_for(for_closed);
  closed.keep_alive = true;
  const Outcome hidden = run(closed);
  CHECK(hidden.answered > 1000);
  CHECK(hidden.latency.max() >= kStall);  // it met one request
  CHECK(hidden.latency.percentile(99) < 200 * kMillisecond);

  auto for_open = stalls_once(Then::close);
  Plan open = plan_for(for_open);
  open.rate = 100;
  open.connections = 400;
  const Outcome shown = run(open);
  CHECK(shown.failures() == 0);
  CHECK(shown.answered == 399);
  // Half of them were meant for the stall; the first of these waited for all of it.
  CHECK(shown.latency.percentile(99) > 1800 * kMillisecond);
  CHECK(shown.latency.percentile(90) > 1200 * kMillisecond);
  CHECK(shown.latency.percentile(60) > 100 * kMillisecond);
}

// A closed loop of one connection. By default it drops every sample that is longer than its
// time-out of two seconds; allowed to keep it, it adds samples that it infers from its mean rate.
TEST_CASE("a stall of two seconds: wrk drops it, or makes up what it did not send (alone)") {
  if (!std::filesystem::exists("/usr/bin/wrk")) {
    WARN("SKIPPED: needs wrk");
    return;
  }
  for (const bool waits : {false, true}) {
    auto server = stalls_once(Then::keep);
    std::vector<std::string> words = {"/usr/bin/wrk", "--latency", "-t", "1",
                                      "-c",           "1",         "-d", "4s"};
    if (waits) words.insert(words.end(), {"--timeout", "10s"});
    words.push_back("http://127.0.0.1:" + std::to_string(server.address().port) + "/");
    auto wrk = spawn_process(words);
    REQUIRE(wrk);
    const auto answer = testing::finish(*wrk);
    CAPTURE(answer.out);
    REQUIRE(answer.code == 0);
    const double p99 = percentile_in(answer.out, "99%  ");
    CHECK(p99 >= 0);
    if (waits)
      CHECK(p99 > 1000);
    else
      CHECK(p99 < 200);
  }
}
