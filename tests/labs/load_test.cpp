// SPDX-License-Identifier: BSL-1.0
#include <cmath>

#include "labs/load/arrivals.hpp"
#include "labs/load/generator.hpp"
#include "labs/load/response.hpp"
#include "labs/load/slow_readers.hpp"
#include "labs/load/url.hpp"
#include "tests/catch.hpp"
#include "tests/labs/scripted_server.hpp"

using namespace weft::labs;
using namespace weft::labs::load;
using namespace weft::lwp::os;
using testing::ScriptedServer;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;
using State = ResponseReader::State;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string kRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Plan plan_for(const ScriptedServer& server) {
  Plan plan;
  plan.target = server.address();
  plan.next_request = [] { return std::string_view(kRequest); };
  plan.duration = 200 * kMillisecond;
  plan.timeout = kSecond;
  return plan;
}

std::uint64_t failed(const Outcome& out, Failure f) {
  return out.failed[static_cast<std::size_t>(f)];
}

State read_in_steps(ResponseReader& reader, const std::string& text, std::size_t step) {
  State state = State::more;
  for (std::size_t at = 0; at < text.size(); at += step) state = reader.feed(text.substr(at, step));
  return state;
}

}  // namespace

TEST_CASE("a response is read whole however it is cut") {
  struct Case {
    std::string text;
    int status;
    bool keeps;
  };
  const Case cases[] = {
      {kOk, 200, true},
      {"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nConnection: close\r\n\r\n", 404, false},
      {"HTTP/1.1 204 No Content\r\n\r\n", 204, true},
      {"HTTP/1.1 100 Continue\r\n\r\n" + kOk, 200, true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, false},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwire\r\nA\r\n0123456789\r\n"
       "0\r\nTrailer: t\r\n\r\n",
       200, true},
  };
  for (const auto& c : cases)
    for (std::size_t step : {1u, 2u, 3u, 7u, 1000u}) {
      ResponseReader reader;
      CAPTURE(c.text, step);
      CHECK(read_in_steps(reader, c.text, step) == State::complete);
      CHECK(reader.status() == c.status);
      CHECK(reader.keeps_alive() == c.keeps);
      CHECK(reader.bytes() == c.text.size());
    }
}

TEST_CASE("a response that ends early or makes no sense is told apart") {
  for (const char* bad :
       {"HTTP/1.1 2x0 OK\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    ResponseReader reader;
    CAPTURE(bad);
    CHECK(reader.feed(bad) == State::malformed);
  }
  ResponseReader shortened;
  CHECK(shortened.feed(kOk.substr(0, kOk.size() - 1)) == State::more);
  CHECK(shortened.end() == State::malformed);
  ResponseReader until_end;
  CHECK(until_end.feed("HTTP/1.1 200 OK\r\n\r\nany length") == State::more);
  CHECK(until_end.end() == State::complete);
  CHECK_FALSE(until_end.keeps_alive());
}

TEST_CASE("URLs of loopback and other addresses, names and nonsense are refused") {
  auto url = parse_url("http://127.0.0.1:8080/a/b?c=d#e");
  REQUIRE(url);
  CHECK(url->address.host == "127.0.0.1");
  CHECK(url->address.port == 8080);
  CHECK(url->target == "/a/b?c=d");
  CHECK(request_for(*url, true).starts_with("GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"));
  CHECK(parse_url("localhost:81")->target == "/");
  CHECK(parse_url("localhost")->address.port == 80);
  CHECK(parse_url("http://[::1]:9/x")->address.host == "::1");
  CHECK(parse_url("http://[::1]/x")->address.port == 80);
  for (const char* bad : {"", "http://", "https://127.0.0.1/", "http://example.org/", "127.0.0.1:0",
                          "127.0.0.1:99999", "127.0.0.1:8x", "[::1", "127.0.0.1/a b", "[::1]8"})
    CHECK_FALSE(parse_url(bad));
}

TEST_CASE("arrivals: constant ones are even, Poisson ones have the rate and the variance") {
  Arrivals even(1000, 100, false, 1);
  CHECK(even.next() == 1000 + 10 * kMillisecond);
  for (int i = 0; i < 99; ++i) even.step();
  CHECK(even.next() == 1000 + kSecond);

  Arrivals poisson(0, 1000, true, 7), same(0, 1000, true, 7);
  double sum = 0, squares = 0;
  Nanos last = 0;
  constexpr int kCount = 50'000;
  for (int i = 0; i < kCount; ++i) {
    REQUIRE(poisson.next() == same.next());
    double gap = static_cast<double>(poisson.next() - last) / 1e6;  // mean 1
    last = poisson.next();
    sum += gap;
    squares += gap * gap;
    poisson.step();
    same.step();
  }
  CHECK(sum / kCount == Approx(1).epsilon(0.02));
  CHECK(squares / kCount == Approx(2).epsilon(0.05));
}

TEST_CASE("closed loop: answers are counted, with a connection each and kept alive") {
  for (bool keep : {false, true}) {
    ScriptedServer server([&](int) { return Reply{kOk, keep ? Then::keep : Then::close}; });
    Plan plan = plan_for(server);
    plan.keep_alive = keep;
    plan.connections = keep ? 1 : 4;
    Outcome out = run(plan);
    CAPTURE(keep);
    CHECK(out.answered > 20);
    CHECK(out.failures() == 0);
    CHECK(out.latency.count() == out.answered);
    CHECK(out.bytes == out.answered * kOk.size());
    CHECK(out.window == plan.duration);
  }
}

TEST_CASE("closed loop: the window holds whole decks") {
  ScriptedServer server([](int) { return Reply{kOk}; });
  Plan plan = plan_for(server);
  plan.connections = 3;
  plan.whole = 30;
  int begins = 0, ends = 0;
  plan.window_begins = [&] { ++begins; };
  plan.window_ends = [&] { ++ends; };
  Outcome out = run(plan);
  CHECK(out.answered > 0);
  CHECK(out.answered % 30 == 0);
  CHECK(begins == 1);
  CHECK(ends == 1);
}

TEST_CASE("failures are told apart by class") {
  auto only = [](Reply reply, Failure expected, Nanos timeout = kSecond) {
    ScriptedServer server([&](int) { return reply; });
    Plan plan = plan_for(server);
    plan.duration = 100 * kMillisecond;
    plan.timeout = timeout;
    Outcome out = run(plan);
    CAPTURE(name(expected));
    CHECK(out.answered == 0);
    CHECK(failed(out, expected) > 0);
    CHECK(out.failures() == failed(out, expected));
  };
  only({kOk.substr(0, kOk.size() - 1)}, Failure::short_body);
  only({"", Then::reset}, Failure::reset);
  only({"", Then::hold}, Failure::timed_out, 30 * kMillisecond);
  only({"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"}, Failure::bad_status);
  only({"what?\r\n\r\n"}, Failure::malformed);

  Plan nobody;
  {
    ScriptedServer server([](int) { return Reply{}; });
    nobody = plan_for(server);
  }  // its port is closed now
  Outcome out = run(nobody);
  CHECK(failed(out, Failure::connect) > 0);
  CHECK(failed(out, Failure::connect) < 100);  // it rests between attempts
  CHECK(out.failures() == failed(out, Failure::connect));
}

TEST_CASE("a kept connection that the server closed is dialled again without an error") {
  ScriptedServer server([](int i) { return Reply{kOk, i % 5 == 4 ? Then::close : Then::keep}; });
  Plan plan = plan_for(server);
  plan.keep_alive = true;
  Outcome out = run(plan);
  CHECK(out.answered > 20);
  CHECK(out.failures() == 0);
}

TEST_CASE("one stall: the open loop charges everybody who wanted something meanwhile") {
  constexpr Nanos kStall = 200 * kMillisecond;
  auto script = [](int i) { return Reply{kOk, Then::close, i == 30 ? kStall : 0}; };
  ScriptedServer for_open(script), for_closed(script);

  Plan open = plan_for(for_open);
  open.rate = 200;
  open.connections = 100;
  open.duration = 500 * kMillisecond;
  Outcome charged = run(open);
  CHECK(charged.failures() == 0);
  CHECK(charged.answered == 99);
  // 40 of 99 were meant for the stall's 200 ms and waited 100 ms on average.
  CHECK(charged.latency.percentile(75) > 30 * kMillisecond);
  CHECK(charged.latency.max() >= kStall);

  Plan closed = plan_for(for_closed);
  closed.duration = 500 * kMillisecond;
  Outcome hidden = run(closed);
  // The same stall meets one request of the closed loop.
  CHECK(hidden.latency.max() >= kStall);
  CHECK(hidden.latency.percentile(75) < 30 * kMillisecond);
}

TEST_CASE("an open loop that runs out of connections keeps its intentions") {
  ScriptedServer server([](int) { return Reply{kOk, Then::close, 5 * kMillisecond}; });
  Plan plan = plan_for(server);  // the server manages 200 a second
  plan.rate = 400;
  plan.connections = 2;
  plan.duration = 250 * kMillisecond;
  plan.timeout = 3 * kSecond;
  Outcome out = run(plan);
  CHECK(out.answered + out.failures() == 99);
  CHECK(out.latency.max() > 100 * kMillisecond);
}

TEST_CASE("an open loop that is not kept up with counts what came in the window and says so") {
  // 100 requests a second at most, asked for 1000: the answers of the window come for ten windows.
  ScriptedServer server([](int) { return Reply{kOk, Then::close, 10 * kMillisecond}; });
  Plan plan = plan_for(server);
  plan.rate = 1000;
  plan.connections = 2;
  plan.timeout = 10 * kSecond;
  Outcome out = run(plan);
  CHECK(out.offered == 199);
  CHECK(out.answered == 199);  // late, and each with its latency
  CHECK(out.came <= 20);
  CHECK(out.rps() <= 100);
  CHECK_FALSE(out.kept_up());

  ScriptedServer quick([](int) { return Reply{kOk}; });
  plan = plan_for(quick);
  plan.rate = 100;
  Outcome good = run(plan);
  CHECK(good.offered == 19);
  CHECK(good.kept_up());
}

TEST_CASE("the first failure is named, and what was asked for") {
  ScriptedServer server(
      [](int) { return Reply{"HTTP/1.1 404 Not\033Found\r\nContent-Length: 0\r\n\r\n"}; });
  CHECK(run(plan_for(server)).first_failure == "404 Not?Found for /");
  ScriptedServer silent([](int) { return Reply{"", Then::hold}; });
  Plan plan = plan_for(silent);
  plan.timeout = 30 * kMillisecond;
  CHECK(run(plan).first_failure == "time-out for /");
}

TEST_CASE("a server that is not there is given up after a second, in either loop") {
  for (double rate : {0.0, 100.0}) {
    Plan nobody;
    {
      ScriptedServer server([](int) { return Reply{}; });
      nobody = plan_for(server);
    }  // its port is closed now
    nobody.duration = 60 * kSecond;
    nobody.rate = rate;
    Nanos before = now();
    Outcome out = run(nobody);
    CHECK(out.unreachable);
    CHECK(out.first_connect_error != 0);
    CHECK(now() - before < 30 * kSecond);
  }
}

TEST_CASE("run() ends early when asked to") {
  ScriptedServer server([](int) { return Reply{"", Then::hold}; });
  auto stop = std::move(weft::lwp::os::pipe()).value();
  Plan plan = plan_for(server);
  plan.duration = 60 * kSecond;
  plan.timeout = 60 * kSecond;
  plan.stop_fd = stop[0].get();
  stop[1].reset();
  Nanos before = now();
  Outcome out = run(plan);
  CHECK(out.interrupted);
  CHECK(now() - before < 10 * kSecond);
}

TEST_CASE("a time-out is a sample of the time-out's length") {
  ScriptedServer server([](int i) { return Reply{kOk, i % 2 == 0 ? Then::keep : Then::hold}; });
  Plan plan = plan_for(server);
  plan.keep_alive = true;
  plan.timeout = 40 * kMillisecond;
  Outcome out = run(plan);
  // Each second answer goes into a connection that then stays silent: the next waits in vain.
  CHECK(out.timed_out > 0);
  CHECK(out.lost == out.timed_out);
  CHECK(out.latency.count() == out.answered + out.timed_out);
  CHECK(out.latency.max() >= plan.timeout);
  CHECK(out.service.max() == plan.timeout);
  CHECK(out.success() < 1);
  CHECK(out.availability.down > 0);
  CHECK(out.availability.up + out.availability.down == out.window);
}

TEST_CASE("service time counts from the sending, latency from the intended time") {
  // One connection, 10 ms an answer, asked for 200 a second: requests wait to be sent.
  ScriptedServer server([](int) { return Reply{kOk, Then::keep, 10 * kMillisecond}; });
  Plan plan = plan_for(server);
  plan.keep_alive = true;
  plan.rate = 200;
  plan.timeout = 10 * kSecond;
  Outcome out = run(plan);
  CHECK(out.service.percentile(50) >= 10 * kMillisecond);
  CHECK(out.latency.percentile(50) > 2 * out.service.percentile(50));
  CHECK(out.starved > 20);  // that is the plan's fault, not this program's
  CHECK(out.lag.count() == out.offered);
}

TEST_CASE("a closed loop thinks between answer and request") {
  ScriptedServer server([](int) { return Reply{kOk, Then::keep}; });
  Plan plan = plan_for(server);
  plan.keep_alive = true;
  plan.think = Think{20 * kMillisecond, false};
  Outcome out = run(plan);
  CHECK(out.answered >= 2);
  CHECK(out.answered <= 10);
  CHECK(out.failures() == 0);
}

TEST_CASE("partly open: sessions of a geometric number of requests make up the rate") {
  ScriptedServer server([](int) { return Reply{kOk}; });
  Plan plan = plan_for(server);
  plan.rate = 1000;
  plan.poisson = true;
  plan.session = 5;
  plan.think = Think{kMillisecond, true};
  plan.connections = 500;
  plan.warm_up = 100 * kMillisecond;
  plan.duration = kSecond;
  plan.timeout = 10 * kSecond;
  Outcome out = run(plan);
  CHECK(out.failures() == 0);
  CHECK(out.answered == out.offered);
  // 200 sessions of 5 on average: a standard deviation of about 95 requests.
  CHECK(out.offered > 600);
  CHECK(out.offered < 1400);
}

TEST_CASE("pipelining: several requests are on their way, answered in their order") {
  ScriptedServer server([](int i) {
    return Reply{i % 3 ? kOk : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Then::keep,
                 kMillisecond};
  });
  std::string requests[3] = {"GET /missing HTTP/1.1\r\nHost: x\r\n\r\n", kRequest, kRequest};
  Plan plan = plan_for(server);
  plan.keep_alive = true;
  plan.pipeline = 4;
  plan.next_request = [&, i = 0]() mutable { return std::string_view(requests[i++ % 3]); };
  Outcome out = run(plan);
  CHECK(out.answered > 20);
  CHECK(out.failures() == failed(out, Failure::bad_status));
  CHECK(out.first_failure == "404 Not Found for /missing");
  // Each waited for the three before it.
  CHECK(out.service.percentile(50) >= 3 * kMillisecond);
}

TEST_CASE("pipelining: what a closing server did not answer is sent again, unharmed") {
  ScriptedServer server([](int i) { return Reply{kOk, i % 5 == 4 ? Then::close : Then::keep}; });
  Plan plan = plan_for(server);
  plan.keep_alive = true;
  plan.pipeline = 3;
  Outcome out = run(plan);
  CHECK(out.answered > 20);
  CHECK(out.failures() == 0);
}

TEST_CASE("churn: a connection is closed after so many requests") {
  int accepted = 0;
  ScriptedServer server([](int) { return Reply{kOk, Then::keep}; }, [&] { ++accepted; });
  Plan plan = plan_for(server);
  plan.keep_alive = true;
  plan.requests_per_connection = 3;
  std::uint64_t answered = 0;
  {
    Outcome out = run(plan);
    CHECK(out.failures() == 0);
    answered = out.came;
  }
  CHECK(answered > 20);
  server.stop();
  CHECK(static_cast<double>(accepted) ==
        Approx(static_cast<double>(answered) / 3).epsilon(0.1).margin(2));
}

TEST_CASE("a server that is down for a while: availability is what its clients saw of it") {
  // Requests 50 to 99 are reset: at 200 a second that is a quarter of a second.
  ScriptedServer server([](int i) {
    return i >= 50 && i < 100 ? Reply{"", Then::reset} : Reply{kOk};
  });
  Plan plan = plan_for(server);
  plan.rate = 200;
  plan.connections = 50;
  plan.duration = kSecond;
  Outcome out = run(plan);
  CHECK(out.lost == 50);
  CHECK(out.success() == Approx(149.0 / 199));
  CHECK(out.availability.outages >= 1);
  CHECK(out.availability.down >= 200 * kMillisecond);
  CHECK(out.availability.down <= 500 * kMillisecond);
  CHECK(out.availability.share() == Approx(0.75).margin(0.25));
}

TEST_CASE("a generator that was late says that its run is not valid") {
  Outcome out;
  for (int i = 0; i < 99; ++i) out.lag.record(10'000);
  out.lag.record(5 * kMillisecond);
  CHECK(out.valid());
  out.lag.record(5 * kMillisecond);
  CHECK_FALSE(out.valid());
}

TEST_CASE("slow readers are served beside the others, and not measured") {
  ScriptedServer quick([](int) { return Reply{kOk}; });
  std::string request = kRequest;
  SlowReaders slow(quick.address(), 1, 200, [&] { return std::string_view(request); });
  // 20 bytes each 100 ms: the head and "hi" take two or three.
  const Nanos begin = now(), patience = begin + 20 * kSecond;
  while (slow.counts().answers < 2 && now() < patience) {
    sleep_until(slow.next());
    slow.tick(now());
  }
  CHECK(slow.counts().answers == 2);
  CHECK(slow.counts().dropped == 0);
  CHECK(slow.counts().bytes == 2 * kOk.size());
  CHECK(now() - begin >= 200 * kMillisecond);
}
