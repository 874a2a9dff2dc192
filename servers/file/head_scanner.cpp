// SPDX-License-Identifier: BSL-1.0
#include "servers/file/head_scanner.hpp"

namespace weft::servers::file {

HeadScanner::Verdict HeadScanner::scan(std::string_view buffered) {
  for (; at_ < buffered.size(); ++at_) {
    auto c = static_cast<unsigned char>(buffered[at_]);
    if (after_cr_) {
      if (c != '\n') return Verdict::malformed;
      after_cr_ = false;
      bool empty = at_ - 1 == line_;
      line_ = at_ + 1;
      if (!empty) {
        ++lines_;
      } else if (lines_ == 0) {
        begin_ = line_;
      } else {
        ++at_;
        return Verdict::complete;
      }
    } else if (c == '\r') {
      after_cr_ = true;
    } else if (c == 0x7f || (c < 0x20 && c != '\t')) {
      return Verdict::malformed;
    } else if (at_ == line_ && (c == ' ' || c == '\t')) {
      return Verdict::malformed;  // obs-fold, or white space before the request line
    }
  }
  return Verdict::more;
}

}  // namespace weft::servers::file
