// SPDX-License-Identifier: BSL-1.0
// Keys from a terminal, one at a time and without Enter.
#pragma once

#include <memory>
#include <string>

namespace weft::labs::lab {

/// Whether a person can answer: standard input and output are a terminal.
bool is_interactive();

class Keys {
 public:
  Keys();
  ~Keys();  // the terminal is as it was
  Keys(const Keys&) = delete;

  /// A key, '\0' if none came in that time, 'q' at the end of input and for Ctrl-C.
  char next(long long patience_ns);

 private:
  struct Saved;
  std::unique_ptr<Saved> saved_;
};

/// A line that the person types, without its end; false at the end of input.
bool read_line(std::string& line);

}  // namespace weft::labs::lab
