// SPDX-License-Identifier: BSL-1.0
// weft fetch: against servers that are killed, and one that loses an answer.
#include "labs/fetch/fetch.hpp"

#include <csignal>

#include "tests/labs/scripted_server.hpp"
#include "tests/labs/weft_program.hpp"
#include "tests/servers/served.hpp"

using namespace weft;
using labs::fetch::Fetch;
using labs::fetch::Keeping;
using labs::testing::ScriptedServer;

namespace {

// One after the other, each connection closed behind its answer unless it keeps.
ScriptedServer server_of(std::vector<std::string> answers) {
  return ScriptedServer([answers = std::move(answers)](int i) {
    return ScriptedServer::Reply{answers.at(static_cast<std::size_t>(i))};
  });
}

std::string answer(const std::string& head, const std::string& body) {
  return "HTTP/1.1 " + head + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

struct Fetched {
  std::string content, said, why_not;
};
Fetched fetch(const lwp::os::Address& address, Keeping keeping, std::uint64_t piece = 4) {
  Fetched f;
  auto url = labs::load::parse_url("127.0.0.1:" + std::to_string(address.port) + "/f");
  labs::Say say;
  Fetch fetching({*url, keeping, piece}, say, [&](const std::string& text) { f.said += text; });
  while (auto bytes = fetching.next()) f.content += *bytes;
  if (fetching.why_not()) f.why_not = fetching.why_not()->message;
  return f;
}
// Messages are broken at 80 columns.
std::string unwrapped(std::string text) {
  for (auto at = text.find("\n  "); at != text.npos; at = text.find("\n  ", at))
    text.replace(at, 3, " ");
  return text;
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

// A piece is cut off on its way, and the cursor has moved.
std::vector<std::string> with_a_loss() {
  return {
      answer("201 Created\r\nCursor: 17", ""),
      answer("206 Partial Content\r\nContent-Range: bytes 0-3/10", "abcd"),
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-7/10\r\nContent-Length: 4\r\n\r\ne",
      answer("206 Partial Content\r\nContent-Range: bytes 8-9/10", "ij")};
}

}  // namespace

TEST_CASE("a piece that is lost on its way is lost, unless the client knows its own place") {
  auto answers = with_a_loss();
  SECTION("stateful") {
    auto server = server_of(answers);
    const auto f = fetch(server.address(), Keeping::stateful);
    CHECK(f.content == "abcd");
    CHECK(has(f.why_not, "piece 2 was lost on its way: cursor 17 stands at 8"));
    CHECK(has(f.why_not, "./weft fetch "));
  }
  SECTION("soft") {
    answers.push_back(answer("201 Created\r\nCursor: 18", ""));
    answers.push_back(answer("206 Partial Content\r\nContent-Range: bytes 4-9/10", "efghij"));
    answers.push_back("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    answers.push_back("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    auto server = server_of(answers);
    const auto f = fetch(server.address(), Keeping::soft);
    CHECK(f.why_not.empty());
    CHECK(f.content == "abcdefghij");
    CHECK(has(f.said, "trying again"));
    CHECK(has(f.said, "cursor 17 has gone on; opened anew at 4"));
  }
}

TEST_CASE("what a server cannot do for a fetch is said") {
  SECTION("no file") {
    auto server = server_of({answer("404 Not Found", "")});
    CHECK(has(fetch(server.address(), Keeping::stateless).why_not, "404 Not Found"));
  }
  SECTION("no cursors") {
    auto server = server_of({answer("200 OK", "whole")});
    CHECK(has(fetch(server.address(), Keeping::soft).why_not, "keeps no cursors"));
  }
  SECTION("no ranges: then the whole is one piece") {
    auto server = server_of({answer("200 OK", "whole")});
    CHECK(fetch(server.address(), Keeping::stateless).content == "whole");
  }
  SECTION("another place than was asked for") {
    auto server = server_of({answer("206 Partial Content\r\nContent-Range: bytes 1-2/3", "bc")});
    CHECK(has(fetch(server.address(), Keeping::stateless).why_not, "206 Partial Content"));
  }
  SECTION("the file is another one by now") {
    auto server = server_of(
        {answer("206 Partial Content\r\nETag: \"1\"\r\nContent-Range: bytes 0-3/10", "abcd"),
         answer("412 Precondition Failed", "")});
    const auto f = fetch(server.address(), Keeping::stateless);
    CHECK(f.content == "abcd");
    CHECK(has(f.why_not, "another one than at the first piece"));
  }
}

TEST_CASE("weft fetch: the server is killed and started again while pieces come") {
  tests::Folder root;
  std::string content;
  for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i) + " ";
  root.file("f", content);
  const std::string form = GENERATE("stateless", "stateful", "soft");
  INFO(form);
  std::optional<tests::Served> served(std::in_place, root.path(), std::vector<std::string>{});
  const std::string port = std::to_string(served->port());
  const std::string said = root.path() + "/said";
  auto process = lwp::os::spawn_process({"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>" + said,
                                         WEFT_PROGRAM, "fetch", "127.0.0.1:" + port + "/f",
                                         "--state", form, "--piece", "8K", "--lease", "60"});
  REQUIRE(process);
  // Its pipe holds 64 KiB, so it stands in the middle of the file until it is read from.
  std::array<std::byte, 4096> first;
  REQUIRE(lwp::os::wait_ready(process->out(), lwp::os::kReadable,
                              lwp::os::now() + tests::Client::kPatience));
  const auto got = lwp::os::read(process->out(), first);
  REQUIRE(got);
  served->process().signal(SIGKILL);
  served->exit_code();
  served.emplace(root.path(), std::vector<std::string>{"--port", port});
  const auto rest = labs::testing::finish(*process);
  const std::string all = content.substr(0, *got) + rest.out;
  CHECK(content.starts_with(all));
  const std::string words = unwrapped(labs::testing::content(said));
  if (form == "stateful") {
    CHECK(rest.code == 1);
    CHECK(all.size() < content.size());
    CHECK(has(words, "the server has forgotten cursor"));
  } else {
    CHECK(rest.code == 0);
    CHECK(all.size() == content.size());
    CHECK(has(words, "opened anew at ") == (form == "soft"));
  }
}

TEST_CASE("weft fetch writes a file, and says what is wrong with its use") {
  tests::Folder root;
  root.file("f", std::string(100'000, 'x')).file("empty", "");
  tests::Served served(root.path(), {});
  const std::string url = "127.0.0.1:" + std::to_string(served.port());
  const std::string copy = root.path() + "/copy";
  using labs::testing::all_said_by_weft;
  for (const char* form : {"stateless", "stateful", "soft"}) {
    const auto f = all_said_by_weft({"fetch", url + "/f", "--state", form, "-o", copy});
    CHECK(f.code == 0);
    CHECK(has(f.out, "100000 bytes in 2 pieces"));
    CHECK(labs::testing::content(copy) == std::string(100'000, 'x'));
    CHECK(all_said_by_weft({"fetch", url + "/empty", "--state", form, "-o", copy}).code == 0);
    CHECK(labs::testing::content(copy).empty());
  }
  CHECK(all_said_by_weft({"fetch", url + "/absent"}).code == 1);
  CHECK(all_said_by_weft({"fetch", "https://x/"}).code == 2);
  CHECK(all_said_by_weft({"fetch", url + "/f", "--piece", "0"}).code == 2);
  CHECK(all_said_by_weft({"fetch", url + "/f", "--state", "none"}).code == 2);
  CHECK(all_said_by_weft({"fetch", url + "/f", "-o", "/no/such/folder/f"}).code == 3);
}
