// SPDX-License-Identifier: BSL-1.0
#include "servers/file/path.hpp"

#include "tests/catch.hpp"

using weft::servers::file::Path;
using weft::servers::file::resolve;

namespace {
// The name, or what is wrong with the target.
std::string resolved(std::string_view target) {
  std::string name = "left over";
  switch (resolve(target, name)) {
    case Path::ok:
      return name;
    case Path::malformed:
      return "(malformed)";
    case Path::nothing:
      return "(nothing)";
  }
  return {};
}
}  // namespace

TEST_CASE("a target names a file below the root") {
  CHECK(resolved("/") == "");
  CHECK(resolved("/?query") == "");
  CHECK(resolved("?query") == "");
  CHECK(resolved("/a") == "a");
  CHECK(resolved("/a/b.txt?x=/../y") == "a/b.txt");
  CHECK(resolved("/a/") == "a/");
  CHECK(resolved("//a///b") == "a/b");
  CHECK(resolved("/...") == "...");
  CHECK(resolved("/.hidden") == ".hidden");
  CHECK(resolved("/a..b/c.") == "a..b/c.");
}

TEST_CASE("percent-encoding is undone once") {
  CHECK(resolved("/%61%62") == "ab");
  CHECK(resolved("/a%20b") == "a b");
  CHECK(resolved("/%C3%A9") == "\xc3\xa9");
  CHECK(resolved("/%c3%a9") == "\xc3\xa9");
  CHECK(resolved("/a%2525") == "a%25");
  CHECK(resolved("/a+b") == "a+b");
  CHECK(resolved("/%3F%23") == "?#");
}

TEST_CASE("dots are resolved, and never above the root") {
  CHECK(resolved("/a/../b") == "b");
  CHECK(resolved("/a/./b") == "a/b");
  CHECK(resolved("/a/b/..") == "a/");
  CHECK(resolved("/a/b/../../c") == "c");
  CHECK(resolved("/a/.") == "a/");
  CHECK(resolved("/.") == "");
  CHECK(resolved("/a/%2e%2E/b") == "b");
  CHECK(resolved("/..") == "(malformed)");
  CHECK(resolved("/../etc/passwd") == "(malformed)");
  CHECK(resolved("/a/../../b") == "(malformed)");
  CHECK(resolved("/%2e%2e/x") == "(malformed)");
  CHECK(resolved("/.%2e/x") == "(malformed)");
}

TEST_CASE("a name is encoded so that it comes back") {
  const std::string name = "a b/\xc3\xa9%<>\"?#&'.txt";
  std::string target = "/", back;
  weft::servers::file::append_encoded(name, target);
  CHECK(target == "/a%20b/%C3%A9%25%3C%3E%22%3F%23&'.txt");
  CHECK(resolve(target, back) == Path::ok);
  CHECK(back == name);
}

TEST_CASE("what no name can be is refused") {
  CHECK(resolved("/a%00b") == "(malformed)");
  CHECK(resolved("/%") == "(malformed)");
  CHECK(resolved("/%4") == "(malformed)");
  CHECK(resolved("/%4g") == "(malformed)");
  CHECK(resolved("/%-1") == "(malformed)");
  CHECK(resolved("/a#b") == "(malformed)");
  CHECK(resolved("/\xc3\xa9") == "(malformed)");
  CHECK(resolved("/a%2fb") == "(nothing)");
  CHECK(resolved("/..%2f..%2fetc/passwd") == "(nothing)");
}
