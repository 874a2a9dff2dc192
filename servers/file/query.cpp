// SPDX-License-Identifier: BSL-1.0
#include "servers/file/query.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "servers/file/id_table.hpp"

namespace weft::servers::file {
namespace {

bool read_number(std::string_view text, std::uint64_t most, std::uint64_t& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number <= most;
}

bool read_seconds(std::string_view text, std::uint64_t most, os::Nanos& time) {
  std::uint64_t seconds = 0;
  if (!read_number(text, most, seconds)) return false;
  time = static_cast<os::Nanos>(seconds) * os::kSecond;
  return true;
}

bool read_id(std::string_view text, std::uint64_t& id) {
  const auto read = parse_id(text);
  id = read.value_or(0);
  return read.has_value();
}

// Takes one `key=value`; false if it is none that can be.
bool read(std::string_view key, std::string_view value, Query& q) {
  auto is = [&](Query::Kind kind) { return std::exchange(q.kind, kind) == Query::Kind::none; };
  if (key == "cursor") {
    if (value == "open") return is(Query::Kind::open);
    return is(Query::Kind::cursor) && read_id(value, q.id);
  }
  if (key == "transfer") return is(Query::Kind::transfer) && read_id(value, q.id);
  if (key == "watch") return is(Query::Kind::watch) && value.empty();
  if (key == "owner") return is(Query::Kind::owner) && value.empty();
  if (key == "from") return read_number(value, UINT64_MAX, q.from);
  if (key == "bytes") return read_number(value, UINT64_MAX, q.bytes) && q.bytes > 0;
  if (key == "lease") return read_seconds(value, kLongestLease, q.lease);
  if (key == "seconds") return read_seconds(value, kLongestWait, q.wait);
  return true;
}

}  // namespace

Query parse_query(Method method, std::string_view target) {
  Query q;
  const auto mark = target.find('?');
  if (mark == target.npos || (method != Method::get && method != Method::remove)) return q;
  bool good = true;
  for (auto rest = target.substr(mark + 1); !rest.empty();) {
    const auto part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const auto equals = std::min(part.find('='), part.size());
    good &= read(part.substr(0, equals), part.substr(std::min(equals + 1, part.size())), q);
  }
  if (q.kind == Query::Kind::none) return q;
  const bool removes = q.kind == Query::Kind::transfer;
  const bool both = q.kind == Query::Kind::cursor;
  if (!good || (!both && removes != (method == Method::remove))) q.kind = Query::Kind::malformed;
  return q;
}

}  // namespace weft::servers::file
