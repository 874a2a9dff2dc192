// SPDX-License-Identifier: BSL-1.0
// Text for the dump of all threads: it is written while LWPs are stuck, perhaps in malloc, so it
// allocates nothing and takes no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lwp/os.hpp"

namespace weft::lwp {

/// One line of output in a fixed buffer; what does not fit is cut.
class Line {
 public:
  Line& text(std::string_view s) {
    for (char c : s) put(c);
    return *this;
  }
  Line& number(std::uint64_t n) {
    char digits[20];
    int count = 0;
    do digits[count++] = static_cast<char>('0' + n % 10);
    while ((n /= 10) != 0);
    while (count > 0) put(digits[--count]);
    return *this;
  }
  Line& address(const void* p) {
    auto value = reinterpret_cast<std::uintptr_t>(p);
    text("0x");
    bool started = false;
    for (int shift = 60; shift >= 0; shift -= 4) {
      unsigned digit = (value >> shift) & 15;
      started |= digit != 0 || shift == 0;
      if (started) put("0123456789abcdef"[digit]);
    }
    return *this;
  }
  /// Fills with blanks up to this column.
  Line& column(std::size_t n) {
    while (size_ < n) put(' ');
    return *this;
  }
  /// Writes the line with its end to `fd` and begins a new one.
  void end(int fd) {
    buffer_[size_++] = '\n';
    os::write_out(fd, {buffer_, size_});
    size_ = 0;
  }
  std::string_view view() const { return {buffer_, size_}; }

 private:
  void put(char c) {
    if (size_ < sizeof buffer_ - 1) buffer_[size_++] = c;
  }
  char buffer_[200];
  std::size_t size_ = 0;
};

}  // namespace weft::lwp
