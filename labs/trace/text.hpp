// SPDX-License-Identifier: BSL-1.0
// A recording on a terminal, and as tables for other programs.
#pragma once

#include "labs/terminal.hpp"
#include "labs/trace/summary.hpp"

namespace weft::labs::trace {

/// Findings, then who blocked whom, calls, LWPs and fibers.
std::string in_text(const Model& m, const Summary& s, const Terminal& terminal);
/// A line for each slice: process,runtime,lane,name,begin_ns,end_ns,state,what,who,owner,waker,how.
/// Times count from the recording's begin. Then one for each span (who: its flow) and each process
/// (name: its role, what: its command, who: its parent).
std::string to_csv(const Model& m);

/// "running", a word for programs.
const char* word(State state);
std::string words(State state, const Say& say);
/// How calls became known, as "announced" or "sentinel 2, timed look 1".
std::string words(const std::array<std::uint64_t, kKnown>& known, const Say& say);

}  // namespace weft::labs::trace
