// SPDX-License-Identifier: BSL-1.0
// The story of a run: a line a step, a column a fiber, in the words of the program's own source.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "labs/catalogue.hpp"

namespace weft::labs::explore {

/// What one fiber did in a row on one line of the source.
struct StoryLine {
  std::uint64_t step = 0;  ///< the first of them
  std::uint64_t last = 0;
  int lwp = 0;                       ///< 0: a kernel thread of the program's own
  std::size_t column = 0;            ///< into Story::actors
  unsigned line = 0;                 ///< of the source; 0: none, weft's own
  std::string source;                ///< that line, trimmed
  std::vector<std::string> effects;  ///< "waits for mutex", "wakes b"
};

struct Story {
  std::vector<std::string> actors;
  std::vector<StoryLine> lines;
};

/// Which line of the source each offset into a library belongs to; those of other files are left
/// out. Asks addr2line; without it, empty.
std::map<std::uint64_t, unsigned> lines_of(const std::string& library, const std::string& file,
                                           const nlohmann::json& steps);

struct Shown {
  bool all = false;     ///< the steps that weft takes by itself, too
  bool policy = false;  ///< what the policy is asked, and answers
};
Story tell(const nlohmann::json& run, const std::map<std::uint64_t, unsigned>& lines,
           const std::vector<std::string>& source, const Shown& shown);

/// What weft says of a step, in the reader's words.
std::string in_words(const std::string& effect, const Say& say);

/// At most `width` columns wide.
std::string to_text(const Story& story, std::size_t width, const Say& say);

}  // namespace weft::labs::explore
