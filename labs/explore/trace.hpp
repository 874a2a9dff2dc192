// SPDX-License-Identifier: BSL-1.0
// A story as a recording (labs/trace/writer.hpp) whose clock counts steps: `weft report` shows who
// runs on which LWP and who waits for what, and each line of the story as a note of its fiber.
#pragma once

#include <string>

#include "labs/explore/story.hpp"

namespace weft::labs::explore {

/// The file. `what` is the program, `outcome` how the run ended; `about` its mapping and policy.
std::string to_recording(const Story& story, const std::string& what, const std::string& about,
                         const std::string& outcome, const Say& say);

}  // namespace weft::labs::explore
