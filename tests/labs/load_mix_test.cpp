// SPDX-License-Identifier: BSL-1.0
#include <map>

#include "labs/load/mix.hpp"
#include "labs/load/server_cpu.hpp"
#include "lwp/os.hpp"
#include "tests/catch.hpp"

using namespace weft::labs;
using namespace weft::labs::load;
namespace os = weft::lwp::os;

namespace {

std::vector<Ask> asks_of(std::string_view text, double zipf = 0) {
  auto parsed = parse_mix(text, zipf);
  REQUIRE(std::holds_alternative<std::vector<Ask>>(parsed));
  return std::get<0>(parsed);
}

}  // namespace

TEST_CASE("a mix: weights, numbered paths, sizes") {
  auto asks = asks_of("# a comment\n\n90 GET /a.txt  # the page\n10 PUT /up/{8-9}.bin 4k\n");
  REQUIRE(asks.size() == 3);
  CHECK(asks[0].target == "/a.txt");
  CHECK(asks[0].weight == 90);
  CHECK(asks[1].target == "/up/8.bin");
  CHECK(asks[2].target == "/up/9.bin");
  CHECK(asks[2].method == "PUT");
  CHECK(asks[2].body == 4096);
  CHECK(asks[1].weight + asks[2].weight == Approx(10));
  // The k-th number is asked for 1/k as often as the first.
  asks = asks_of("6 HEAD /{1-3}", 1);
  CHECK(asks[0].weight / asks[2].weight == Approx(3));
  CHECK(asks[0].weight + asks[1].weight + asks[2].weight == Approx(6));
  asks = asks_of("1 PUT /x 1k-64k");
  REQUIRE(asks.size() == 16);
  CHECK(asks.front().body == 1024);
  CHECK(asks.back().body == 65'536);
  CHECK(
      static_cast<double>(asks[9].body) / static_cast<double>(asks[8].body) ==
      Approx(static_cast<double>(asks[5].body) / static_cast<double>(asks[4].body)).epsilon(0.01));
}

TEST_CASE("a mix that is none is refused by its line") {
  for (const char* bad :
       {"", "# nothing", "GET /a", "0 GET /a", "x GET /a", "1 POST /a 4", "1 GET a", "1 GET /a 4",
        "1 PUT /a", "1 PUT /a 4x", "1 PUT /a 9-4", "1 PUT /a 0-4", "1 GET /{3-1}", "1 GET /{x}",
        "1 GET /}{", "1 GET /{1-100001}", "1 PUT /{1-100} 4M", "1 PUT /a 4 5", "1 GET /\x80"}) {
    CAPTURE(bad);
    CHECK(std::holds_alternative<MixError>(parse_mix(bad, 0)));
  }
  CHECK(std::get<MixError>(parse_mix("1 GET /a\n2 GET /b\n3 GET c\n", 0)).line == 3);
}

TEST_CASE("requests are dealt as often as their weights say, the same for the same seed") {
  std::vector<Ask> asks(4);
  for (std::size_t i = 0; i < 4; ++i) asks[i].target = "/" + std::to_string(i);
  popularity_by_rank(asks, 1);
  Dealer dealer(asks, "h:1", true);
  auto a = dealer.source(7), b = dealer.source(7);
  std::map<std::string_view, int> count;
  constexpr int kTimes = 50'000;
  for (int i = 0; i < kTimes; ++i) {
    auto request = a();
    REQUIRE(request == b());
    ++count[request.substr(4, 2)];
  }
  const double sum = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4;
  CHECK(count["/0"] == Approx(kTimes / sum).epsilon(0.03));
  CHECK(count["/3"] == Approx(kTimes / sum / 4).epsilon(0.05));
}

TEST_CASE("the bytes of a request") {
  CHECK(text_of({"GET", "/a", 0, 1}, "h:1", false) ==
        "GET /a HTTP/1.1\r\nHost: h:1\r\nUser-Agent: weft-load\r\nConnection: close\r\n\r\n");
  auto put = text_of({"PUT", "/a", 100, 1}, "h:1", true);
  CHECK(put.find("Connection: keep-alive\r\nContent-Length: 100\r\n\r\n") != put.npos);
  CHECK(put.size() - put.find("\r\n\r\n") - 4 == 100);
}

TEST_CASE("the CPU time of whoever listens on a port") {
  auto listener = std::move(os::listen({})).value();
  ServerCpu own(os::local_port(listener.get()).value());
  REQUIRE(own.known());
  const os::Nanos before = own.used(), until = os::process_cpu() + 100 * os::kMillisecond;
  while (os::process_cpu() < until) {
  }
  CHECK(own.used() - before >= 70 * os::kMillisecond);
  listener.reset();
  CHECK_FALSE(ServerCpu(1).known());
}
