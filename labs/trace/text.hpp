// SPDX-License-Identifier: BSL-1.0
// A recording on a terminal, and as tables for other programs.
#pragma once

#include "labs/terminal.hpp"
#include "labs/trace/summary.hpp"

namespace weft::labs::trace {

/// Findings, then who blocked whom, calls, LWPs and fibers.
std::string in_text(const Model& m, const Summary& s, const Terminal& terminal);
/// A line for each slice: process,runtime,lane,name,begin_ns,end_ns,state,what,who,owner,waker.
/// Times count from the recording's begin.
std::string to_csv(const Model& m);

/// "running", a word for programs.
const char* word(State state);
std::string words(State state, const Say& say);

}  // namespace weft::labs::trace
