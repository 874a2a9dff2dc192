// SPDX-License-Identifier: BSL-1.0
#include "servers/file/response.hpp"

#include "servers/file/media_type.hpp"
#include "tests/catch.hpp"

using namespace weft::servers::file;

namespace {
std::string date(std::int64_t seconds) {
  HttpDate d = http_date(seconds * os::kSecond);
  return {d.data(), d.size()};
}
}  // namespace

TEST_CASE("dates are IMF-fixdate") {
  CHECK(date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's example
  CHECK(date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
  CHECK(date(4102444799) == "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST_CASE("an entity tag changes with file, size and time") {
  os::FileInfo a{.size = 10, .mtime = 20, .inode = 30};
  CHECK(EntityTag(a).view() == "\"1e-a-14\"");
  os::FileInfo size = a, time = a, other = a;
  size.size++;
  time.mtime++;
  other.inode++;
  CHECK(EntityTag(size).view() != EntityTag(a).view());
  CHECK(EntityTag(time).view() != EntityTag(a).view());
  CHECK(EntityTag(other).view() != EntityTag(a).view());
  os::FileInfo most{.size = UINT64_MAX, .mtime = -1, .inode = UINT64_MAX};
  CHECK(EntityTag(most).view().size() == 3 * 16 + 4);
}

TEST_CASE("media types go by the ending") {
  CHECK(media_type("a.html") == "text/html; charset=utf-8");
  CHECK(media_type("dir.txt/a.PNG") == "image/png");
  CHECK(media_type("a.tar.gz") == "application/gzip");
  CHECK(media_type("a") == "application/octet-stream");
  CHECK(media_type("dir.html/a") == "application/octet-stream");
  CHECK(media_type("a.") == "application/octet-stream");
  CHECK(media_type("a.averylongending") == "application/octet-stream");
  CHECK(media_type("") == "application/octet-stream");
}
