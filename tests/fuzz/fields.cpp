// SPDX-License-Identifier: BSL-1.0
// A line as the value of a field: a range, a date, a list of entity tags.
#include <cstring>
#include <string>

#include "servers/file/conditions.hpp"
#include "servers/file/http_date.hpp"
#include "servers/file/range.hpp"
#include "servers/file/response.hpp"
#include "tests/fuzz/require.hpp"

using namespace weft::servers::file;
using namespace weft::fuzz;

namespace {

constexpr os::Nanos kWall = 784111800 * os::kSecond;

void as_range(std::string_view field) {
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{10}, UINT64_MAX}) {
    const Range r = parse_range(field, size);
    if (r.kind != Range::Kind::part) continue;
    require(r.first <= r.last && r.last < size, "a part lies in the file");
    const std::string plain = "bytes=" + std::to_string(r.first) + "-" + std::to_string(r.last);
    const Range again = parse_range(plain, size);
    require(again.kind == r.kind && again.first == r.first && again.last == r.last,
            "a part written plainly is the same part");
  }
}

std::string_view text(const HttpDate& date) {
  return {date.data(), date.size()};
}

void as_date(std::string_view field) {
  if (const auto time = parse_http_date(field, kWall)) {
    require(*time % os::kSecond == 0, "dates have seconds");
    const HttpDate written = http_date(*time);
    require(parse_http_date(text(written), kWall) == time, "a date that was read is written alike");
  }
  os::Nanos any = 0;
  std::memcpy(&any, field.data(), std::min(field.size(), sizeof any));
  const auto back = parse_http_date(text(http_date(any)), kWall);
  if (back) require(any - *back >= 0 && any - *back < os::kSecond, "a date written is read alike");
}

void as_tags(std::string_view field) {
  const os::FileInfo file{.size = 10, .mtime = 784111777 * os::kSecond, .inode = 0x2a};
  const std::string tag(EntityTag(file).view()), list(field);
  const bool strongly = matches_etag(list, tag, true), weakly = matches_etag(list, tag);
  require(!strongly || weakly, "what is equal strongly is so weakly");
  require(matches_etag(tag + "," + list, tag, true), "a list names what it begins with");
  require(matches_etag("W/" + tag + "," + list, tag), "weakly too");
  if (weakly) {
    require(list.find(tag) != list.npos || list.find('*') != list.npos, "a match is there to see");
  }
  require((evaluate({.if_match = field}, &file, false, kWall) == Judgement::proceed) == strongly,
          "If-Match compares strongly");
  require((evaluate({.if_none_match = field}, &file, false, kWall) == Judgement::failed) == weakly,
          "If-None-Match compares weakly");
  require(
      (evaluate({.if_none_match = field}, &file, true, kWall) == Judgement::unchanged) == weakly,
      "and says a reader that its copy is good");
  require(evaluate({.if_match = field}, nullptr, false, kWall) == Judgement::failed,
          "what is not there matches nothing");
  if (range_applies({.if_range = field}, file, kWall)) {
    require(field == tag || parse_http_date(field, kWall) == file.mtime, "a range of this version");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Not null: to conditions that is a field which is absent.
  const std::string field(text_of(data, size));
  as_range(field);
  as_date(field);
  as_tags(field);
  return 0;
}
