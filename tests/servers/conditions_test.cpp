// SPDX-License-Identifier: BSL-1.0
// Conditions, in the order of RFC 9110 section 13.2.2; ranges; dates.
#include "servers/file/conditions.hpp"

#include "servers/file/http_date.hpp"
#include "servers/file/range.hpp"
#include "tests/catch.hpp"

using namespace weft::servers::file;

namespace {

constexpr os::Nanos kNow = 784111800 * os::kSecond;
const os::FileInfo kFile{.size = 10, .mtime = 784111777 * os::kSecond + 5, .inode = 0x2a};
constexpr const char* kTag = "\"2a-a-ae1b981bc490a05\"";
constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";

Judgement read(const Conditions& c) {
  return evaluate(c, &kFile, true, kNow);
}
Judgement change(const Conditions& c, const os::FileInfo* current = &kFile) {
  return evaluate(c, current, false, kNow);
}
constexpr auto proceed = Judgement::proceed;
constexpr auto unchanged = Judgement::unchanged;
constexpr auto failed = Judgement::failed;

}  // namespace

TEST_CASE("entity tags are compared weakly or strongly") {
  CHECK(matches_etag("\"a\"", "\"a\""));
  CHECK(matches_etag("W/\"a\"", "\"a\""));
  CHECK(matches_etag("\"x\", \"a\"", "\"a\""));
  CHECK(matches_etag(" * ", "\"a\""));
  CHECK_FALSE(matches_etag("", "\"a\""));
  CHECK_FALSE(matches_etag("\"b\"", "\"a\""));
  CHECK_FALSE(matches_etag("a", "\"a\""));
  CHECK_FALSE(matches_etag("\"a", "\"a\""));
  CHECK_FALSE(matches_etag("W/", "\"a\""));
  CHECK_FALSE(matches_etag("* \"a\"", "\"a\""));
  CHECK(matches_etag("W/\"a\", \"a\"", "\"a\"", true));
  CHECK_FALSE(matches_etag("W/\"a\"", "\"a\"", true));
}

TEST_CASE("a client that has the file is told so") {
  CHECK(read({}) == proceed);
  CHECK(read({.if_none_match = kTag}) == unchanged);
  CHECK(read({.if_none_match = "*"}) == unchanged);
  CHECK(read({.if_none_match = "\"x\""}) == proceed);
  CHECK(read({.if_modified_since = kDate}) == unchanged);  // of the same second
  CHECK(read({.if_modified_since = kBefore}) == proceed);
  CHECK(read({.if_modified_since = "yesterday"}) == proceed);
  // The tag says more than the date does.
  CHECK(read({.if_none_match = "\"x\"", .if_modified_since = kDate}) == proceed);
}

TEST_CASE("a change is made of the version it was meant for, or not at all") {
  CHECK(change({.if_match = kTag}) == proceed);
  CHECK(change({.if_match = "*"}) == proceed);
  CHECK(change({.if_match = "\"x\""}) == failed);
  CHECK(change({.if_match = std::string("W/") + kTag}) == failed);
  CHECK(change({.if_match = ""}) == failed);
  CHECK(change({.if_match = "*"}, nullptr) == failed);
  CHECK(change({.if_none_match = "*"}) == failed);
  CHECK(change({.if_none_match = "*"}, nullptr) == proceed);
  CHECK(change({.if_none_match = kTag}) == failed);
  CHECK(change({.if_unmodified_since = kDate}) == proceed);
  CHECK(change({.if_unmodified_since = kBefore}) == failed);
  CHECK(change({.if_unmodified_since = "tomorrow"}) == proceed);
  CHECK(change({.if_unmodified_since = kBefore}, nullptr) == proceed);  // what is not has no date
  CHECK(change({.if_modified_since = kDate}) == proceed);               // of reading only
  // If-Match silences If-Unmodified-Since; If-None-Match comes after both.
  CHECK(change({.if_match = kTag, .if_unmodified_since = kBefore}) == proceed);
  CHECK(read({.if_match = "\"x\"", .if_none_match = kTag}) == failed);
  CHECK(read({.if_match = kTag, .if_none_match = kTag}) == unchanged);
}

TEST_CASE("a range belongs to one version of a file") {
  CHECK(range_applies({}, kFile, kNow));
  CHECK(range_applies({.if_range = kTag}, kFile, kNow));
  CHECK_FALSE(range_applies({.if_range = "\"x\""}, kFile, kNow));
  CHECK_FALSE(range_applies({.if_range = std::string("W/") + kTag}, kFile, kNow));
  CHECK(range_applies({.if_range = kDate}, kFile, kNow));
  CHECK_FALSE(range_applies({.if_range = kBefore}, kFile, kNow));
  CHECK_FALSE(range_applies({.if_range = "x"}, kFile, kNow));
  // In the second in which it changed it may change again.
  CHECK_FALSE(range_applies({.if_range = kDate}, kFile, kFile.mtime + 1));
}

TEST_CASE("ranges are cut to the file") {
  auto range = [](const char* field, std::uint64_t size = 10) {
    Range r = parse_range(field, size);
    if (r.kind == Range::Kind::whole) return std::string("whole");
    if (r.kind == Range::Kind::nothing) return std::string("nothing");
    return std::to_string(r.first) + "-" + std::to_string(r.last);
  };
  CHECK(range("bytes=0-4") == "0-4");
  CHECK(range("bytes=0-0") == "0-0");
  CHECK(range("Bytes= 3-") == "3-9");
  CHECK(range("bytes=9-99") == "9-9");
  CHECK(range("bytes=-3") == "7-9");
  CHECK(range("bytes=-99") == "0-9");
  CHECK(range("bytes=5-99999999999999999999999") == "5-9");
  CHECK(range("bytes=10-") == "nothing");
  CHECK(range("bytes=99999999999999999999999-") == "nothing");
  CHECK(range("bytes=-0") == "nothing");
  CHECK(range("bytes=0-", 0) == "nothing");
  CHECK(range("bytes=-5", 0) == "nothing");
  for (const char* ignored :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=5-4", "bytes=0-1,3-4",
        "lines=0-4", "bytes=1-2-3", "bytes=+1-2", "bytes=1 - 2", "bytes=0x1-"}) {
    INFO(ignored);
    CHECK(range(ignored) == "whole");
  }
}

TEST_CASE("dates are read in the three forms there have been") {
  auto parse = [](const char* text) {
    auto t = parse_http_date(text, kNow);
    return t ? *t / os::kSecond : -1;
  };
  CHECK(parse("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(parse("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
  CHECK(parse("Sun Nov  6 08:49:37 1994") == 784111777);
  CHECK(parse("Thu Nov 16 08:49:37 1994") == 784975777);
  CHECK(parse("Tue, 29 Feb 2000 00:00:00 GMT") == 951782400);
  // Two digits: what seems more than 50 years ahead has been.
  constexpr os::Nanos kLater = 1795000000 * os::kSecond;  // 2026
  CHECK(*parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kLater) / os::kSecond == 784111777);
  CHECK(*parse_http_date("Friday, 06-Nov-20 08:49:37 GMT", kLater) / os::kSecond == 1604652577);
  for (const char* bad : {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 30 Feb 1994 08:49:37 GMT",
                          "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                          "Sun, 06 Nov 9999 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
                          "Sun Nov 06 08:49:37", "Sun, 06 unN 1994 08:49:37 GMT"}) {
    INFO(bad);
    CHECK(parse(bad) == -1);
  }
}
