// SPDX-License-Identifier: BSL-1.0
#include "servers/file/conditions.hpp"

#include "servers/file/http_date.hpp"
#include "servers/file/response.hpp"

namespace weft::servers::file {
namespace {

// Of files we say the second only.
os::Nanos modified(const os::FileInfo& file) {
  return file.mtime - (file.mtime % os::kSecond + os::kSecond) % os::kSecond;
}

bool names(std::string_view list, const os::FileInfo* file, bool strongly) {
  if (file == nullptr) return false;  // not even `*`
  return matches_etag(list, EntityTag(*file).view(), strongly);
}

// Modified after that date; `otherwise` if it is no date, which makes the field void.
bool modified_since(std::string_view date, const os::FileInfo& file, bool otherwise,
                    os::Nanos wall) {
  auto then = parse_http_date(date, wall);
  return then ? modified(file) > *then : otherwise;
}

}  // namespace

Judgement evaluate(const Conditions& c, const os::FileInfo* current, bool reads, os::Nanos wall) {
  if (c.if_match.data() != nullptr) {
    if (!names(c.if_match, current, true)) return Judgement::failed;
  } else if (current && c.if_unmodified_since.data() != nullptr) {
    if (modified_since(c.if_unmodified_since, *current, false, wall)) return Judgement::failed;
  }
  if (c.if_none_match.data() != nullptr) {
    if (!names(c.if_none_match, current, false)) return Judgement::proceed;
    return reads ? Judgement::unchanged : Judgement::failed;
  }
  if (reads && current && c.if_modified_since.data() != nullptr &&
      !modified_since(c.if_modified_since, *current, true, wall)) {
    return Judgement::unchanged;
  }
  return Judgement::proceed;
}

bool range_applies(const Conditions& c, const os::FileInfo& file, os::Nanos wall) {
  if (c.if_range.data() == nullptr) return true;
  if (c.if_range.starts_with('"')) return c.if_range == EntityTag(file).view();
  // A date vouches for the bytes only if the file was not changed again in its second.
  auto then = parse_http_date(c.if_range, wall);
  return then && *then == modified(file) && wall - *then >= os::kSecond;
}

bool matches_etag(std::string_view list, std::string_view tag, bool strongly) {
  auto at = list.find_first_not_of(" \t");
  if (at != std::string_view::npos && list[at] == '*') {
    return list.find_first_not_of(" \t", at + 1) == std::string_view::npos;
  }
  while (at != std::string_view::npos) {
    const bool weak = list.substr(at, 2) == "W/";
    if (weak) at += 2;
    if (at >= list.size() || list[at] != '"') return false;  // not a list of entity tags
    auto end = list.find('"', at + 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(at, end + 1 - at) == tag && !(weak && strongly)) return true;
    at = list.find_first_not_of(" \t,", end + 1);
  }
  return false;
}

}  // namespace weft::servers::file
