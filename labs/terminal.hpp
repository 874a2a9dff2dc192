// SPDX-License-Identifier: BSL-1.0
// How the person who typed the command wants to be answered: which language, with colour or not,
// in UTF-8 or not. Results go to standard output, progress to standard error.
#pragma once

#include <string>
#include <string_view>

#include "labs/catalogue.hpp"

namespace weft::labs {

struct Terminal {
  Say say;
  bool utf8 = true;
  bool colour = false;         ///< on standard output
  bool progress_line = false;  ///< standard error is a terminal: one line may be rewritten

  /// `text` as this terminal can show it.
  std::string shown(std::string_view text) const;
  std::string bold(std::string_view text) const;
  std::string dim(std::string_view text) const;
};

/// What the environment and the two global flags say. `lang` and `colour` ("auto", "always",
/// "never") are empty when not given. Chinese needs a UTF-8 locale.
Terminal terminal_for(std::string_view lang, std::string_view colour);

/// Rewrites one line of progress on standard error, or stays silent where it is no terminal.
class Progress {
 public:
  explicit Progress(const Terminal& terminal) : terminal_(terminal) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  void show(std::string_view text);
  /// Prints a line that stays.
  void note(std::string_view text);
  void clear();

 private:
  const Terminal& terminal_;
  bool shown_ = false;
};

}  // namespace weft::labs
