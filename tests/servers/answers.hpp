// SPDX-License-Identifier: BSL-1.0
// Requests as text, and what is in the text of an answer.
#pragma once

#include <algorithm>
#include <string>

namespace weft::tests {

inline std::string request(const std::string& method, const std::string& target,
                           const std::string& fields = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

inline std::string status(const std::string& answer) {
  return answer.substr(0, 12).erase(0, 9);
}
inline std::string body(const std::string& answer) {
  return answer.substr(std::min(answer.find("\r\n\r\n"), answer.size() - 4) + 4);
}
/// "" if it has none such.
inline std::string field(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == answer.npos) return "";
  const auto begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

}  // namespace weft::tests
