// SPDX-License-Identifier: BSL-1.0
#include "servers/file/request.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

namespace weft::servers::file {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::iequals;

std::string_view view(boost::beast::string_view s) {
  return {s.data(), s.size()};
}
boost::beast::string_view boost_view(std::string_view s) {
  return {s.data(), s.size()};
}

bool same(std::string_view a, std::string_view b) {
  return iequals(boost_view(a), boost_view(b));
}

// What Beast reports of a head, counted but not judged. It sees no byte of a body.
class Tokens final : public http::basic_parser<true> {
 public:
  http::verb verb = http::verb::unknown;
  std::string_view target;
  int version = 0;
  std::size_t fields = 0;
  std::size_t hosts = 0;
  std::string_view host;
  std::size_t lengths = 0;
  std::string_view length;
  std::size_t encodings = 0;
  std::string_view encoding;
  std::size_t if_none_matches = 0;
  std::string_view if_none_match;

 private:
  void on_request_impl(http::verb v, boost::beast::string_view, boost::beast::string_view where,
                       int number, error_code&) override {
    verb = v;
    target = view(where);
    version = number;
  }
  void on_field_impl(http::field f, boost::beast::string_view, boost::beast::string_view value,
                     error_code&) override {
    ++fields;
    switch (f) {
      case http::field::host:
        ++hosts, host = view(value);
        break;
      case http::field::content_length:
        ++lengths, length = view(value);
        break;
      case http::field::transfer_encoding:
        ++encodings, encoding = view(value);
        break;
      case http::field::if_none_match:
        ++if_none_matches, if_none_match = view(value);
        break;
      default:
        break;
    }
  }
  void on_header_impl(error_code&) override {}
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view s, error_code&) override { return s.size(); }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view s, error_code&) override {
    return s.size();
  }
  void on_finish_impl(error_code&) override {}
};

// uri-host [ ":" port ], by its characters; an empty Host is legal (RFC 9112 section 3.2).
bool is_authority(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~!$&'()*+;=:[]%").find(static_cast<char>(c)) !=
               std::string_view::npos;
  });
}

// Cuts `http://authority` from an absolute target; false if the target is of no form that names a
// file (RFC 9112 section 3.2).
bool to_origin_form(std::string_view& target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.empty() && target[0] == '/') return true;
  if (target.size() <= kScheme.size() || !same(target.substr(0, kScheme.size()), kScheme)) {
    return false;
  }
  target.remove_prefix(kScheme.size());
  auto path = std::min(target.find_first_of("/?"), target.size());
  if (path == 0 || !is_authority(target.substr(0, path))) return false;
  target.remove_prefix(path);
  if (target.empty()) target = "/";
  return true;
}

// The framing of a body, judged before anything else: 0 if there is none.
int judge_framing(const Tokens& t) {
  bool digits = !t.length.empty() && std::all_of(t.length.begin(), t.length.end(),
                                                 [](char c) { return c >= '0' && c <= '9'; });
  if (t.lengths > 1 || (t.lengths == 1 && !digits)) return 400;
  if (t.encodings > 0) {
    if (t.lengths > 0 || t.encodings > 1 || t.version == 10) return 400;
    return same(t.encoding, "chunked") ? 413 : 501;
  }
  return t.length.find_first_not_of('0') != std::string_view::npos ? 413 : 0;
}

Verdict refuse(int status, bool close, const Request& request) {
  Verdict v{status, close, request};
  if (close) v.request.keep_alive = false;
  return v;
}

}  // namespace

Verdict judge(std::string_view head) {
  Tokens t;
  t.header_limit(static_cast<std::uint32_t>(head.size()));
  // Not boost::none: Boost 1.74 takes that for a limit below every body.
  t.body_limit(std::numeric_limits<std::uint64_t>::max());
  error_code error;
  t.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error || !t.is_header_done()) return refuse(400, true, {});

  Request r;
  r.method = t.verb == http::verb::get    ? Request::Method::get
             : t.verb == http::verb::head ? Request::Method::head
                                          : Request::Method::other;
  r.http_1_0 = t.version == 10;
  r.keep_alive = t.keep_alive();
  r.target = t.target;
  if (t.if_none_matches == 1) r.if_none_match = t.if_none_match;

  if (t.fields > kMaxFields) return refuse(400, true, r);
  bool needs_host = t.version == 11;
  if (t.hosts > 1 || (needs_host && t.hosts == 0) || !is_authority(t.host)) {
    return refuse(400, true, r);
  }
  int framing = judge_framing(t);
  if (framing == 400 || framing == 501) return refuse(framing, true, r);
  if (t.verb == http::verb::unknown) return refuse(501, framing != 0, r);
  // A body we would have to skip: the connection closes instead.
  if (r.method == Request::Method::other) return refuse(405, framing != 0, r);
  if (framing != 0) return refuse(framing, true, r);
  if (!to_origin_form(r.target)) return refuse(400, true, r);
  return {0, false, r};
}

bool matches_etag(std::string_view list, std::string_view tag) {
  auto at = list.find_first_not_of(" \t");
  if (at != std::string_view::npos && list[at] == '*') {
    return list.find_first_not_of(" \t", at + 1) == std::string_view::npos;
  }
  while (at != std::string_view::npos) {
    if (list.substr(at, 2) == "W/") at += 2;
    if (at >= list.size() || list[at] != '"') return false;  // not a list of entity tags
    auto end = list.find('"', at + 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(at, end + 1 - at) == tag) return true;
    at = list.find_first_not_of(" \t,", end + 1);
  }
  return false;
}

}  // namespace weft::servers::file
