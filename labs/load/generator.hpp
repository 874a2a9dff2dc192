// SPDX-License-Identifier: BSL-1.0
// The load generator: one kernel thread, one poller, non-blocking sockets.
//
// Closed loop: K connections, each sends its next request when it has its answer. The server sets
// the pace, so this measures throughput; its latencies say little, because a slow server is simply
// asked less often.
// Open loop: requests are meant to go out at planned times whether or not earlier ones were
// answered, as independent people send them. Latency counts from the INTENDED time, so a server
// that stalls for a second is charged with everybody who wanted something in that second. (Counting
// from the time of sending hides them: G. Tene's "coordinated omission".)
//
// INVARIANT: a connection is busy (it carries a request, and busy_ counts it) or free; a free one
// is in free_ (open loop), in again_ (closed loop), rests, or the run is over.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "labs/load/histogram.hpp"
#include "lwp/os.hpp"

namespace weft::labs::load {

/// Ways in which a request can fail.
enum class Failure { connect, reset, timed_out, bad_status, short_body, malformed };
inline constexpr std::array kFailures = {Failure::connect,    Failure::reset,
                                         Failure::timed_out,  Failure::bad_status,
                                         Failure::short_body, Failure::malformed};
std::string_view name(Failure f);

struct Plan {
  lwp::os::Address target;
  /// Deals the next request's bytes, which must live until run() returns.
  std::function<std::string_view()> next_request;

  int connections = 1;  ///< closed loop: how many clients. Open loop: at most so many at once
  double rate = 0;      ///< open loop, requests a second; 0 = closed loop
  bool poisson = false;
  std::uint64_t seed = 1;
  bool keep_alive = false;

  lwp::os::Nanos warm_up = 0;  ///< before the window
  lwp::os::Nanos duration = lwp::os::kSecond;
  lwp::os::Nanos timeout = 5 * lwp::os::kSecond;  ///< of one request, from its sending
  /// Closed loop: the window begins and ends at a multiple of so many answers, so that it holds
  /// whole decks.
  int whole = 1;

  std::function<void()> window_begins, window_ends;  ///< called at those moments, may be empty
  bool recorded = true;                              ///< where WEFT_TRACE asks for it
  int stop_fd = -1;  ///< run() returns early when this becomes readable (it is not read)
};

struct Outcome {
  Histogram latency;  ///< of good answers. Closed: those that came in the window; open: those meant
                      ///< to be sent in it
  std::uint64_t answered = 0;  ///< those: good answers whose latency was taken
  std::uint64_t came = 0;      ///< good answers that came in the window, whenever they were meant
  std::uint64_t bytes = 0;     ///< of those that came in it, heads included
  std::uint64_t offered = 0;   ///< open loop: requests meant to be sent in the window
  lwp::os::Nanos window = 0;
  std::array<std::uint64_t, kFailures.size()> failed{};  ///< of all requests, warm-up too
  std::string first_failure;    ///< what it was, in English, as "404 Not Found for /"
  int first_connect_error = 0;  ///< the errno of the first connection that failed, 0 if none did
  bool unreachable = false;     ///< gave up: for a second not one connection was made
  bool interrupted = false;

  std::uint64_t failures() const;
  /// Answers that came in the window, a second. What came later is no throughput of the window.
  double rps() const;
  /// Open loop: nearly as many answers came in the window as requests were meant for it. False: the
  /// server, or this client, did not keep up, and latencies grow with the window's length.
  bool kept_up() const;
};

/// Runs the plan, then waits for the answers still due. Bounded: it ends at most
/// warm_up + 2 duration + 2 timeout after it began. A server that is not there yet has a second to
/// come.
Outcome run(const Plan& plan);

}  // namespace weft::labs::load
