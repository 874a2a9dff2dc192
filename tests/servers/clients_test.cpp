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

TEST_CASE("litmus passes basic, copymove and http in full") {
  if (missing("litmus")) return;
  Folder root, log;
  auto setup = GENERATE(from_range(all_setups()));
  if (setup.workers == 0 || setup.engine == fibers::Engine::boost_fiber) return;
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) { o.writable = true; });
  for (const char* suite : {"basic", "copymove", "http"}) {
    auto ran = run("cd " + log.path() + " && TESTS=" + suite +
                   " litmus http://127.0.0.1:" + std::to_string(live.port()) + "/");
    INFO(ran.out);
    CHECK(ran.code == 0);
    CHECK(ran.out.find("0 failed. 100.0%") != std::string::npos);
    // Class 2 are locks, which no suite here needs and nobody is promised.
    const std::string no_locks = "WARNING: server does not claim Class 2 compliance";
    const auto warned = ran.out.find("WARNING");
    CHECK((warned == std::string::npos || warned == ran.out.find(no_locks)));
    CHECK(
        (warned == std::string::npos || ran.out.find("WARNING", warned + 1) == std::string::npos));
    CHECK(ran.out.find("SKIPPED") == std::string::npos);
  }
}

TEST_CASE("curl uploads, in chunks too, resumes and deletes") {
  if (missing("curl")) return;
  Folder root, client;
  client.file("big", std::string(3'000'000, 'x')).file("small", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) { o.writable = true; });
  const std::string url = "http://127.0.0.1:" + std::to_string(live.port());
  const std::string big = client.path() + "/big", copy = client.path() + "/copy";
  auto status = [&](const std::string& how) {
    return run("curl -s -o /dev/null -w '%{http_code} ' " + how).out;
  };
  CHECK(status("-T " + big + " " + url + "/big") == "201 ");
  CHECK(status("-T " + big + " " + url + "/big") == "204 ");
  CHECK(run("curl -s -T - " + url + "/piped <" + big + " -o /dev/null -w '%{http_code}'").out ==
        "201");
  CHECK(run("cmp " + big + " " + root.path() + "/big && cmp " + big + " " + root.path() + "/piped")
            .code == 0);
  CHECK(run("head -c 1000000 " + big + " >" + copy + " && curl -s -C - -o " + copy + " " + url +
            "/big && cmp " + big + " " + copy)
            .code == 0);
  CHECK(status("-X MKCOL " + url + "/dir/") == "201 ");
  CHECK(status("-L " + url + "/dir") == "200 ");
  CHECK(status("-T " + client.path() + "/small " + url + "/dir/") == "201 ");
  CHECK(run("curl -s " + url + "/dir/small").out == "hello");
  CHECK(status("-X DELETE " + url + "/dir/") == "204 ");
  CHECK(status(url + "/dir/small") == "404 ");
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
