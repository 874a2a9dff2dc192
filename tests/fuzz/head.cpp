// SPDX-License-Identifier: BSL-1.0
// Bytes as the head of a request: the scanner, and the judgement over what it found.
#include "servers/file/head_scanner.hpp"
#include "servers/file/request.hpp"
#include "tests/fuzz/plain_http.hpp"
#include "tests/fuzz/require.hpp"

using namespace weft::servers::file;
using namespace weft::fuzz;

namespace {

using Scanned = HeadScanner::Verdict;

Scanned scan_in_pieces(HeadScanner& scanner, std::string_view text) {
  for (std::size_t n = 1; n <= text.size(); ++n) {
    if (auto v = scanner.scan(text.substr(0, n)); v != Scanned::more) return v;
  }
  return Scanned::more;
}

// What two judgements must have in common to be the same.
std::string said(const Verdict& v) {
  const Request& r = v.request;
  std::string all;
  for (auto number : {std::uint64_t(v.status), std::uint64_t(v.close), std::uint64_t(r.method),
                      std::uint64_t(r.keep_alive), std::uint64_t(r.chunked), r.length,
                      std::uint64_t(r.expects_continue), std::uint64_t(r.partial_put)}) {
    all += std::to_string(number) + " ";
  }
  for (auto field : {r.target, r.host, r.range, r.destination, r.depth, r.overwrite,
                     r.conditions.if_match, r.conditions.if_none_match, r.conditions.if_range,
                     r.conditions.if_modified_since, r.conditions.if_unmodified_since}) {
    all += field.data() == nullptr ? "-" : "[" + std::string(field) + "]";
  }
  return all;
}

std::string joined(const PlainHead& head, bool upper, std::string_view more = "") {
  std::string all = head.request_line + "\r\n";
  for (std::string line : head.lines) {
    const auto colon = std::min(line.find(':'), line.size());
    for (std::size_t i = 0; upper && i < colon; ++i) {
      if (line[i] >= 'a' && line[i] <= 'z') line[i] = static_cast<char>(line[i] - 32);
    }
    all += line + "\r\n";
  }
  return all.append(more) + "\r\n";
}

void judge_soundly(const PlainHead& plain, std::string_view head) {
  const Verdict v = judge(head);
  require(said(v) == said(judge(head)), "a judgement is the same again");
  require(joined(plain, false) == head, "a head is its lines");
  const std::string loud = joined(plain, true);
  require(said(judge(loud)) == said(v), "the case of a field's name makes no difference");
  if (plain.lines.size() < kMaxFields) {
    const std::string longer = joined(plain, false, "X-Unknown: 1\r\n");
    require(said(judge(longer)) == said(v), "a field nobody knows makes no difference");
  } else if (plain.lines.size() > kMaxFields) {
    require(v.close, "too many fields are refused");
  }
  require(v.status == 0 || (v.status >= 400 && v.status <= 501), "a status to refuse with");
  if (v.close) return require(v.status != 0, "only what is refused closes");

  // From here on the next request is looked for: its beginning must be beyond doubt.
  const auto lengths = plain.values("content-length"),
             encodings = plain.values("transfer-encoding");
  require(lengths.size() + encodings.size() <= 1, "one field at most frames a body");
  require(v.request.chunked == !encodings.empty(), "chunked is what says so");
  if (!encodings.empty()) require(lower(encodings[0]) == "chunked", "no other coding passes");
  if (!lengths.empty()) {
    const auto zeros = std::min(lengths[0].find_first_not_of('0'), lengths[0].size() - 1);
    require(std::to_string(v.request.length) == lengths[0].substr(zeros), "a length is read whole");
  } else {
    require(v.request.length == 0, "without a length there is none");
  }
  require(plain.values("host").size() <= 1, "one Host at most");
  require(plain.request_line.ends_with("1.0") || !plain.values("host").empty(), "HTTP/1.1 has one");
  if (v.status != 0) return;
  const std::string_view target = v.request.target;
  require(target == "*" || target.starts_with('/') || target.starts_with('?'), "a path, or all");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  HeadScanner whole, pieces;
  const Scanned verdict = whole.scan(text);
  require(scan_in_pieces(pieces, text) == verdict, "a verdict does not depend on the pieces");
  require(pieces.begin() == whole.begin(), "nor does where the request begins");
  require(pieces.has_request_line() == whole.has_request_line(), "nor whether its line is there");
  if (verdict != Scanned::complete) return 0;
  require(pieces.end() == whole.end(), "nor does the end");

  const auto plain = plain_head(text);
  require(plain && plain->begin == whole.begin() && plain->end == whole.end(),
          "the first empty line");
  const auto head = text.substr(whole.begin(), whole.end() - whole.begin());
  for (unsigned char c : head) {
    require(c >= 0x20 ? c != 0x7f : c == '\r' || c == '\n' || c == '\t', "no control character");
  }
  judge_soundly(*plain, head);
  return 0;
}
