// SPDX-License-Identifier: BSL-1.0
// Clients that people use, against every setup. A missing tool is named and skipped.
#include <iostream>

#include "tests/catch.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

bool missing(const std::string& tool) {
  if (run("command -v " + tool).code == 0) return false;
  std::cout << "SKIPPED: needs " << tool << "\n";
  return true;
}

// The number behind `label`, -1 if it is not there.
double number_after(const std::string& text, const std::string& label) {
  auto at = text.find(label);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + label.size()));
}

}  // namespace

TEST_CASE("curl fetches files, heads and refusals, and keeps its connection") {
  if (missing("curl")) return;
  Folder root;
  root.file("a.txt", "hello\n").file("b.html", "<p>b").file("big", std::string(3'000'000, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  std::string url = "http://127.0.0.1:" + std::to_string(live.port());
  CHECK(run("curl -s " + url + "/a.txt").out == "hello\n");
  CHECK(run("curl -s " + url + "/big | cmp - " + root.path() + "/big").code == 0);
  CHECK(run("curl -sI " + url + "/b.html").out.find("Content-Type: text/html") !=
        std::string::npos);
  auto status = [&](const std::string& how) {
    return run("curl -s -o /dev/null -w '%{http_code} %{num_connects}' " + how).out;
  };
  CHECK(status(url + "/absent") == "404 1");
  CHECK(status("-X DELETE " + url + "/a.txt") == "405 1");
  CHECK(status("-T " + root.path() + "/big " + url + "/new") == "405 1");
  CHECK(status("--path-as-is " + url + "/../../etc/passwd") == "400 1");
  CHECK(run("curl -s -o /dev/null -o /dev/null -w '%{num_connects} ' " + url + "/a.txt " + url +
            "/b.html")
            .out == "1 0 ");
  std::string etag = run("curl -sI " + url + "/a.txt | tr -d '\\r' | sed -n 's/^ETag: //p'").out;
  etag.pop_back();
  CHECK(status("-H 'If-None-Match: " + etag + "' " + url + "/a.txt") == "304 1");
}

TEST_CASE("wrk finds no error at 64 connections") {
  if (missing("wrk")) return;
  Folder root;
  root.file("a.txt", std::string(4096, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  auto ran = run("wrk --timeout 10 -t1 -c64 -d1 http://127.0.0.1:" + std::to_string(live.port()) +
                 "/a.txt");
  INFO(ran.out);
  CHECK(ran.code == 0);
  CHECK(number_after(ran.out, "Requests/sec:") > 100);
  CHECK(ran.out.find("Non-2xx") == std::string::npos);
  CHECK(ran.out.find("Socket errors") == std::string::npos);
  live.stop();
  CHECK(live.server().counters().errors.get() == 0);
}

TEST_CASE("nc gets an answer to half-closed requests, and its echo") {
  if (missing("nc")) return;
  Folder root;
  root.file("a.txt", "hello\n");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  {
    Live live(setup, root.path());
    auto ran = run("printf 'GET /a.txt HTTP/1.0\\r\\n\\r\\n' | nc -N -w 10 127.0.0.1 " +
                   std::to_string(live.port()));
    CHECK(ran.out.ends_with("\r\n\r\nhello\n"));
  }
  Live echo(setup, "", [](auto& o) { o.service = "echo"; });
  CHECK(run("printf 'one\\ntwo\\n' | nc -N -w 10 127.0.0.1 " + std::to_string(echo.port())).out ==
        "one\ntwo\n");
}
