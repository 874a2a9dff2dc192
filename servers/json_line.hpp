// SPDX-License-Identifier: BSL-1.0
// One JSON object on one line, from names and values that need no escaping beyond the basics.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace weft::servers {

class JsonLine {
 public:
  JsonLine& text(std::string_view key, std::string_view value) {
    begin(key);
    quote(value);
    return *this;
  }
  /// null if `value` is empty.
  JsonLine& text_or_null(std::string_view key, std::string_view value) {
    if (!value.empty()) return text(key, value);
    begin(key);
    out_ += "null";
    return *this;
  }
  JsonLine& number(std::string_view key, std::integral auto value) {
    begin(key);
    out_ += std::to_string(value);
    return *this;
  }
  std::string str() const { return out_ + "}"; }

 private:
  void begin(std::string_view key) {
    out_ += out_.empty() ? "{" : ",";
    quote(key);
    out_ += ":";
  }
  void quote(std::string_view value) {
    out_ += '"';
    for (char c : value) {
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    out_ += '"';
  }
  std::string out_;
};

}  // namespace weft::servers
