// SPDX-License-Identifier: BSL-1.0
// A second reading of requests, as plain as RFC 9112 reads and sharing no line with the server:
// where the two differ about where a request ends, one of them can be smuggled past.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::fuzz {

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

inline std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

/// How long the empty lines at the front of a text are.
inline std::size_t empty_lines(std::string_view text) {
  std::size_t size = 0;
  while (text.substr(size, 2) == "\r\n") size += 2;
  return size;
}

/// The lines of a head, without their ends.
struct PlainHead {
  std::size_t begin = 0, end = 0;  ///< of the text it was found in
  std::string request_line{};
  std::vector<std::string> lines{};  ///< of fields

  /// The values of a field, whose name is in lower case.
  std::vector<std::string> values(std::string_view name) const {
    std::vector<std::string> out;
    for (const std::string& line : lines) {
      const auto colon = std::min(line.find(':'), line.size());
      if (lower(trimmed(line.substr(0, colon))) != name) continue;
      out.push_back(colon == line.size() ? "" : trimmed(line.substr(colon + 1)));
    }
    return out;
  }
};

/// Nothing if it has not ended.
inline std::optional<PlainHead> plain_head(std::string_view text) {
  PlainHead head{.begin = empty_lines(text)};
  const auto end = text.find("\r\n\r\n", head.begin);
  if (end == text.npos) return std::nullopt;
  head.end = end + 4;
  for (auto at = head.begin; at < end + 2;) {
    const auto line_end = text.find("\r\n", at);
    auto line = std::string(text.substr(at, line_end - at));
    if (at == head.begin) {
      head.request_line = line;
    } else {
      head.lines.push_back(line);
    }
    at = line_end + 2;
  }
  return head;
}

/// The content of a chunked body at the front of `text`, and how long it was there; nothing if it
/// is not sound or has not ended.
struct PlainBody {
  std::string content;
  std::size_t size = 0;
};
inline std::optional<PlainBody> plain_chunks(std::string_view text) {
  PlainBody body;
  const auto line = [&]() -> std::optional<std::string> {
    const auto end = text.find("\r\n", body.size);
    if (end == text.npos) return std::nullopt;
    auto out = std::string(text.substr(body.size, end - body.size));
    body.size = end + 2;
    return out;
  };
  while (true) {
    const auto head = line();
    const auto digits = head ? head->find_first_not_of("0123456789abcdefABCDEF") : 0;
    if (digits == 0 || head->empty() || head->substr(0, digits).size() > 15) return std::nullopt;
    const auto size = std::stoull(head->substr(0, digits), nullptr, 16);
    if (size == 0) break;
    if (text.size() < body.size || text.size() - body.size < size) return std::nullopt;
    body.content += text.substr(body.size, size);
    body.size += size;
    if (const auto behind = line(); !behind || !behind->empty()) return std::nullopt;
  }
  while (true) {
    const auto trailer = line();
    if (!trailer) return std::nullopt;
    if (trailer->empty()) return body;
  }
}

/// The body behind a head; nothing if it is not sound or has not ended.
inline std::optional<PlainBody> plain_body(const PlainHead& head, std::string_view text) {
  const auto encodings = head.values("transfer-encoding"), lengths = head.values("content-length");
  const auto rest = text.substr(head.end);
  if (encodings.size() + lengths.size() > 1) return std::nullopt;
  if (encodings.size() == 1) {
    return lower(encodings[0]) == "chunked" ? plain_chunks(rest) : std::nullopt;
  }
  if (lengths.empty()) return PlainBody{};
  const std::string& digits = lengths[0];
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  const auto significant =
      digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (significant.size() > 15) return std::nullopt;
  const auto size = std::stoull(significant);
  if (rest.size() < size) return std::nullopt;
  return PlainBody{std::string(rest.substr(0, size)), size};
}

}  // namespace weft::fuzz
