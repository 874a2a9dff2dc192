// SPDX-License-Identifier: BSL-1.0
// Finds the end of a request's head (request line and fields) in bytes that arrive in any pieces,
// and refuses, at the byte where it happens, what no head may contain: a line that does not end in
// CR LF, a lone CR, a control character, a continuation line (obs-fold). Servers that disagree on
// where a head ends can be made to disagree on where a request ends (request smuggling, RFC 9112
// section 11.2), so there is one opinion here and anything else is an error.
#pragma once

#include <cstddef>
#include <string_view>

namespace weft::servers::file {

class HeadScanner {
 public:
  enum class Verdict { more, complete, malformed };

  /// Looks at the bytes of `buffered` it has not seen yet. `buffered` grows between calls.
  Verdict scan(std::string_view buffered);
  /// Where the request line begins: empty lines before it are skipped (RFC 9112 section 2.2).
  std::size_t begin() const { return begin_; }
  /// Just behind the empty line that ends the head. REQUIRES: complete.
  std::size_t end() const { return at_; }
  /// The request line has been seen whole.
  bool has_request_line() const { return lines_ > 0; }
  void reset() { *this = {}; }

 private:
  std::size_t at_ = 0;  ///< bytes seen
  std::size_t begin_ = 0;
  std::size_t line_ = 0;   ///< where the current line begins
  std::size_t lines_ = 0;  ///< lines seen whole
  bool after_cr_ = false;
};

}  // namespace weft::servers::file
