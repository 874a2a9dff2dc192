// SPDX-License-Identifier: BSL-1.0
// Recordings as one page of HTML that needs no network: its program and style (labs/trace/page/)
// and what is shown.
#pragma once

#include "labs/trace/summary.hpp"

namespace weft::labs::trace {

struct Shown {
  const Model* model = nullptr;
  Summary summary;
  std::string title;
  Nanos since = 0;  ///< what ended before is left out
};

/// One, or several below each other on one time axis.
std::string to_page(const std::vector<Shown>& shown, const Say& say);

/// The same for a page that says more: the timelines first, each with its first finding, and
/// everything else folded below them.
struct Part {
  std::string style, body;
};
/// What is seen at first is from `begin` to `end`, counted from each recording's own begin.
Part part_of_page(const std::vector<Shown>& shown, Nanos begin, Nanos end, const Say& say);

/// What a page shows, as JSON without its words: for one that asks again and again.
std::string data_of_page(const std::vector<Shown>& shown, const Say& say);
/// A page that asks: `live` is a JSON object that its program knows (labs/trace/page/live.js).
std::string live_page(const std::string& live, const std::string& title, const Say& say);

}  // namespace weft::labs::trace
