// SPDX-License-Identifier: BSL-1.0
#include "labs/fetch/fetch.hpp"

#include <charconv>
#include <system_error>

#include "labs/columns.hpp"
#include "labs/exit.hpp"
#include "servers/layouts/back_off.hpp"

namespace weft::labs::fetch {
namespace {

using namespace lwp::os;

constexpr Nanos kGiveUp = 10 * kSecond;  // asking a server that is not there

// "bytes 0-65535/1048576"
struct Place {
  std::uint64_t first = 0, last = 0, size = 0;
};
std::optional<Place> place_of(const Response& r) {
  const std::string text = r.field("Content-Range");
  Place p;
  const char *at = text.data(), *end = at + text.size();
  auto take = [&](std::string_view before, std::uint64_t& number) {
    if (!std::string_view(at, end).starts_with(before)) return false;
    auto [next, error] = std::from_chars(at + before.size(), end, number);
    at = next;
    return error == std::errc();
  };
  if (!take("bytes ", p.first) || !take("-", p.last) || !take("/", p.size)) return std::nullopt;
  return p;
}

// "404 Not Found"
std::string status_of(const Response& r) {
  return r.head.substr(9, r.head.find("\r\n") - 9);
}

}  // namespace

Fetch::Fetch(const Order& order, const Say& say, Tell tell)
    : order_(order), say_(say), tell_(std::move(tell)), peer_(order.url) {}

std::optional<std::string> Fetch::next() {
  auto piece = order_.keeping == Keeping::stateless ? by_range() : by_cursor();
  if (!piece) return piece;
  at_ += piece->size();
  ++number_;
  return piece;
}

std::optional<std::string> Fetch::by_range() {
  if (size_ && at_ == *size_) return std::nullopt;
  const auto r = ask("GET", order_.url.target,
                     "Range: bytes=" + std::to_string(at_) + "-" +
                         std::to_string(at_ + order_.piece - 1) + "\r\n" + if_same());
  if (!r) return std::nullopt;
  if (r->status == 416 && at_ == 0) return std::nullopt;  // of an empty file there is no range
  tag_ = r->field("ETag");
  if (r->status == 200 && at_ == 0) {  // a server that knows no ranges
    size_ = r->body.size();
    return r->body;
  }
  const auto place = place_of(*r);
  if (r->status != 206 || !place || place->first != at_) return unexpected(*r);
  size_ = place->size;
  return r->body;
}

std::optional<std::string> Fetch::by_cursor() {
  while (true) {
    if (cursor_.empty() && !open_cursor()) return std::nullopt;
    const auto r =
        ask("GET", with_query("cursor=" + cursor_ + "&bytes=" + std::to_string(order_.piece)), "");
    if (!r) return std::nullopt;
    if (r->status == 204) {
      (void)peer_.ask("DELETE", with_query("cursor=" + cursor_), "").error();
      return std::nullopt;
    }
    const auto place = place_of(*r);
    const bool forgotten = r->status == 410, ahead = place && place->first != at_;
    if (!forgotten && !ahead) return r->status == 206 ? r->body : unexpected(*r);
    const std::string here = std::to_string(at_);
    if (order_.keeping == Keeping::stateful) {
      const std::string url = order_.url.authority + order_.url.target;
      if (forgotten) {
        return refuse(say_("fetch.forgotten",
                           {{"n", number()}, {"cursor", cursor_}, {"bytes", here}, {"url", url}}));
      }
      return refuse(say_("fetch.ahead", {{"n", number()},
                                         {"cursor", cursor_},
                                         {"at", std::to_string(place->first)},
                                         {"bytes", here},
                                         {"url", url}}));
    }
    const std::string old = std::exchange(cursor_, "");
    if (!open_cursor()) return std::nullopt;
    tell_(forgotten
              ? say_("fetch.reopened", {{"n", number()}, {"cursor", old}, {"at", here}})
              : say_("fetch.reopened_behind", {{"n", number()}, {"cursor", old}, {"at", here}}));
  }
}

bool Fetch::open_cursor() {
  std::string query = "cursor=open&from=" + std::to_string(at_);
  if (order_.keeping == Keeping::soft) query += "&lease=" + std::to_string(order_.lease);
  const auto r = ask("GET", with_query(query), if_same());
  if (!r) return false;
  cursor_ = r->field("Cursor");
  if (r->status != 201 || cursor_.empty()) {
    if (r->status == 200)
      refuse(say_("fetch.no_cursors"));
    else
      unexpected(*r);
    return false;
  }
  if (tag_.empty()) tag_ = r->field("ETag");
  return true;
}

std::optional<Response> Fetch::ask(std::string_view method, const std::string& target,
                                   const std::string& fields) {
  servers::BackOff pause({.longest = kSecond});
  std::string why;
  for (const Nanos until = now() + kGiveUp; true;) {
    auto r = peer_.ask(method, target, fields);
    if (r && r->status != 503) return std::move(*r);
    const bool first = why.empty();
    why = r ? printable(status_of(*r)) : std::generic_category().message(r.error());
    if (now() >= until) break;
    if (first) tell_(say_("fetch.again", {{"n", number()}, {"why", why}}));
    sleep_until(now() + pause.after(0));
  }
  refuse(say_("fetch.gave_up", {{"n", number()}, {"why", why}, {"server", order_.url.authority}}));
  return std::nullopt;
}

std::optional<std::string> Fetch::refuse(std::string why) {
  why_not_ = Refusal{std::move(why), kNo};
  return std::nullopt;
}

std::optional<std::string> Fetch::unexpected(const Response& r) {
  if (r.status == 412) return refuse(say_("fetch.changed", {{"bytes", std::to_string(at_)}}));
  return refuse(say_("fetch.answered",
                     {{"status", printable(status_of(r))}, {"server", order_.url.authority}}));
}

std::string Fetch::with_query(const std::string& query) const {
  const bool has = order_.url.target.find('?') != std::string::npos;
  return order_.url.target + (has ? "&" : "?") + query;
}

// Pieces of two files make none.
std::string Fetch::if_same() const {
  return tag_.empty() ? "" : "If-Match: " + tag_ + "\r\n";
}

}  // namespace weft::labs::fetch
