// SPDX-License-Identifier: BSL-1.0
// The comparison on a terminal of 80 columns: what the person at the keyboard came for.
#pragma once

#include <array>
#include <string>

#include "labs/compare/result.hpp"
#include "labs/terminal.hpp"

namespace weft::labs::compare {

/// Ends with a newline. `report` is where the report was written, "" if it was not; `replaced` says
/// that a file was there.
std::string screen(const Comparison& comparison, const Terminal& terminal,
                   const std::string& report = "", bool replaced = false);

/// The line under the sentences, also the report's: when, where, how often, how far off.
std::string provenance(const Comparison& comparison, Say say);
/// "Next: ./weft …": a command that this run has not answered and no finding suggests.
std::string next_step(const Comparison& comparison, Say say);
/// Whether a row's disk serves one read at a time, which its idle core must be read with.
bool has_one_head(const Comparison& comparison);
/// The two lines under the title: what a request costs, and who asks.
std::array<std::string, 2> setup_lines(const Comparison& comparison, Say say);

}  // namespace weft::labs::compare
