// SPDX-License-Identifier: BSL-1.0
// Runs a comparison. All servers are started first and idle while others are measured (an idle
// server uses no CPU); every round then visits every row, forwards and backwards in turn, so that a
// machine that grows slower does so for all rows alike.
//
//   closed phase   rounds × rows: throughput, and what the server counts meanwhile
//   open phase     rows: latency at a rate every row can bear
//   recorded phase two servers more, for the report: what their LWPs and fibers did, not measured
#pragma once

#include <string>
#include <variant>

#include "labs/commands.hpp"
#include "labs/compare/options.hpp"
#include "labs/compare/result.hpp"
#include "labs/terminal.hpp"

namespace weft::labs::compare {

/// How long each part takes, real time.
struct Schedule {
  lwp::os::Nanos closed = 0, open = 0;  ///< windows
  lwp::os::Nanos total = 0;             ///< of the whole measurement, about
};
/// Divides `options.seconds` among the rows. Every window is long enough to say something (three
/// decks for a single thread), so slow scales and many rows take longer than asked.
Schedule schedule(const Options& options, const std::vector<RowSpec>& rows);

/// How long a row must run until its queues are as long as they will be.
lwp::os::Nanos warm_up(const Setup& setup, const RowSpec& row);

/// How long the servers of the report are recorded.
lwp::os::Nanos recorded_for(const Setup& setup);

/// The comparison, or why there is none. Interrupted by `stop_fd`: a refusal with kInterrupted.
std::variant<Comparison, Refusal> measure(const Options& options, const Terminal& terminal,
                                          int stop_fd);

}  // namespace weft::labs::compare
