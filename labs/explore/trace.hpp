// SPDX-License-Identifier: BSL-1.0
// A story as a trace that other programs show: Chrome's "Trace Event Format" (complete events and
// metadata), which Perfetto and chrome://tracing open. A step lasts a microsecond; above are the
// LWPs with who runs on them, below the fibers with what they do.
#pragma once

#include <nlohmann/json.hpp>

#include "labs/explore/story.hpp"

namespace weft::labs::explore {

/// `file` is the program, `what` how the run ended.
nlohmann::ordered_json to_trace(const Story& story, const std::string& file,
                                const std::string& what, const Say& say);

}  // namespace weft::labs::explore
