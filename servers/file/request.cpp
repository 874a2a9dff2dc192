// SPDX-License-Identifier: BSL-1.0
#include "servers/file/request.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <limits>

#include "servers/file/ascii.hpp"

namespace weft::servers::file {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

std::string_view view(boost::beast::string_view s) {
  return {s.data(), s.size()};
}

// What Beast reports of a head, counted but not judged. It sees no byte of a body.
class Tokens final : public http::basic_parser<true> {
 public:
  http::verb verb = http::verb::unknown;
  std::string_view target;
  int version = 0;
  std::size_t fields = 0;

  /// A field that may be there once: how often it was, and its value.
  struct Once {
    std::size_t times = 0;
    std::string_view value;
    /// Null data if it is absent, never if it is there and empty.
    std::string_view or_none() const {
      return times == 0 ? std::string_view() : value.data() == nullptr ? "" : value;
    }
  };
  Once host, length, encoding, expect, range, content_range;
  Once if_match, if_none_match, if_modified_since, if_unmodified_since, if_range;
  Once destination, depth, overwrite;
  Once referer, agent;  // which decide nothing

  /// One of those that we go by, but not of those that frame the request, is there twice: whichever
  /// we took, somebody between us and the client might take the other.
  bool ambiguous() const {
    for (const Once* f :
         {&expect, &range, &content_range, &if_match, &if_none_match, &if_modified_since,
          &if_unmodified_since, &if_range, &destination, &depth, &overwrite}) {
      if (f->times > 1) return true;
    }
    return false;
  }

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
    if (Once* once = known(f)) {
      ++once->times;
      once->value = view(value);
    }
  }
  Once* known(http::field f) {
    switch (f) {
      case http::field::host:
        return &host;
      case http::field::content_length:
        return &length;
      case http::field::transfer_encoding:
        return &encoding;
      case http::field::expect:
        return &expect;
      case http::field::range:
        return &range;
      case http::field::content_range:
        return &content_range;
      case http::field::if_match:
        return &if_match;
      case http::field::if_none_match:
        return &if_none_match;
      case http::field::if_modified_since:
        return &if_modified_since;
      case http::field::if_unmodified_since:
        return &if_unmodified_since;
      case http::field::if_range:
        return &if_range;
      case http::field::destination:
        return &destination;
      case http::field::depth:
        return &depth;
      case http::field::overwrite:
        return &overwrite;
      case http::field::referer:
        return &referer;
      case http::field::user_agent:
        return &agent;
      default:
        return nullptr;
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

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::options:
      return Method::options;
    case http::verb::put:
      return Method::put;
    case http::verb::delete_:
      return Method::remove;
    case http::verb::mkcol:
      return Method::mkcol;
    case http::verb::copy:
      return Method::copy;
    case http::verb::move:
      return Method::move;
    default:
      return Method::other;
  }
}

// The framing of a body, judged before anything else: 0 if it is clear.
int judge_framing(const Tokens& t, Request& r) {
  const std::string_view length = t.length.value;
  if (t.length.times > 0) {
    auto read = std::from_chars(length.data(), length.data() + length.size(), r.length);
    bool digits = !length.empty() && length.find_first_not_of("0123456789") == length.npos;
    if (t.length.times > 1 || !digits || read.ec != std::errc()) return 400;
  }
  if (t.encoding.times == 0) return 0;
  if (t.length.times > 0 || t.encoding.times > 1 || t.version == 10) return 400;
  r.chunked = same(t.encoding.value, "chunked");
  return r.chunked ? 0 : 501;
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
  if (error || !t.is_header_done()) return refuse(400, true, {.method = asked_by(head)});

  Request r;
  r.method = method_of(t.verb);
  r.http_1_0 = t.version == 10;
  r.keep_alive = t.keep_alive();
  r.target = t.target;
  r.host = t.host.value;
  r.conditions = {.if_match = t.if_match.or_none(),
                  .if_unmodified_since = t.if_unmodified_since.or_none(),
                  .if_none_match = t.if_none_match.or_none(),
                  .if_modified_since = t.if_modified_since.or_none(),
                  .if_range = t.if_range.or_none()};
  r.range = t.range.or_none();
  r.destination = t.destination.or_none();
  r.depth = t.depth.or_none();
  r.overwrite = t.overwrite.or_none();
  r.referer = t.referer.value;
  r.agent = t.agent.value;
  r.partial_put = t.content_range.times > 0;

  if (t.fields > kMaxFields || t.ambiguous()) return refuse(400, true, r);
  bool needs_host = t.version == 11;
  if (t.host.times > 1 || (needs_host && t.host.times == 0) || !is_authority(t.host.value)) {
    return refuse(400, true, r);
  }
  if (int status = judge_framing(t, r)) return refuse(status, true, r);
  if (t.verb == http::verb::unknown) return refuse(501, r.has_body(), r);
  // A body that we would have to skip: the connection closes instead.
  if (r.method == Method::other) return refuse(405, r.has_body(), r);
  if (r.has_body() && r.method != Method::put) {
    return refuse(r.method == Method::mkcol ? 415 : 413, true, r);
  }
  if (t.expect.times > 0 && !r.http_1_0) {  // whose clients cannot wait for it
    r.expects_continue = same(t.expect.value, "100-continue");
    if (!r.expects_continue) return refuse(417, r.has_body(), r);
  }
  if (r.method == Method::options && r.target == "*") return {0, false, r};
  std::string_view authority;
  if (!to_origin_form(r.target, authority)) return refuse(400, true, r);
  if (authority.data() != nullptr) r.host = authority;
  return {0, false, r};
}

Method asked_by(std::string_view head) {
  return head.starts_with("HEAD ") ? Method::head : Method::get;
}

bool to_origin_form(std::string_view& target, std::string_view& authority) {
  constexpr std::string_view kScheme = "http://";
  if (!target.empty() && target[0] == '/') return true;
  if (target.size() <= kScheme.size() || !same(target.substr(0, kScheme.size()), kScheme)) {
    return false;
  }
  target.remove_prefix(kScheme.size());
  auto path = std::min(target.find_first_of("/?"), target.size());
  if (path == 0 || !is_authority(target.substr(0, path))) return false;
  authority = target.substr(0, path);
  target.remove_prefix(path);
  if (target.empty()) target = "/";
  return true;
}

}  // namespace weft::servers::file
