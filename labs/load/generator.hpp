// SPDX-License-Identifier: BSL-1.0
// The load generator: one kernel thread, one poller, non-blocking sockets. Three loops:
//
// Closed: K clients, each sends its next request when it has its answer and has thought about it.
// The server sets the pace, so this measures throughput; its latencies say little, because a slow
// server is simply asked less often.
// Open: requests are meant to go out at planned times whether or not earlier ones were answered, as
// independent people send them. Latency counts from the INTENDED time, so a server that stalls for
// a second is charged with everybody who wanted something in that second. (Counting from the time
// of sending hides them: G. Tene's "coordinated omission".) The time from sending is kept beside
// it, as service time: where the two part, requests waited to be sent.
// Partly open: people come as in the open loop, and each stays as in the closed one, for a number
// of requests that is geometric (B. Schroeder, A. Wierman and M. Harchol-Balter, "Open Versus
// Closed: A Cautionary Tale", NSDI 2006).
//
// A generator measures itself, too: how late it sent (lag), and how busy its thread was. A run in
// which it was late is no measurement of the server.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "labs/load/availability.hpp"
#include "labs/load/failure.hpp"
#include "labs/load/histogram.hpp"
#include "labs/load/lookup.hpp"
#include "labs/load/slow_readers.hpp"
#include "labs/load/think.hpp"
#include "lwp/os.hpp"

namespace weft::labs::load {

struct Plan {
  lwp::os::Address target;
  std::vector<lwp::os::Address> also;  ///< these serve the same: what one fails another is asked
  std::optional<Named> named;          ///< where to look up again which they are
  /// Deals the next request's bytes, which must live until run() returns.
  std::function<std::string_view()> next_request;

  int connections = 1;  ///< closed loop: how many clients. Open loop: at most so many at once
  double rate = 0;      ///< open loop, requests a second; 0 = closed loop
  bool poisson = false;
  /// > 0: partly open. Arrivals are sessions of so many requests on average, `rate` requests in
  /// all.
  double session = 0;
  Think think;  ///< between a client's or a session's answer and its next request
  std::uint64_t seed = 1;
  bool keep_alive = false;
  int pipeline = 1;                 ///< requests that may be on their way on a connection
  int requests_per_connection = 0;  ///< kept alive: then it is closed; 0 = no limit
  int slow_readers = 0;             ///< so many clients more, not measured …
  double slow_bytes = 1;            ///< … that read so many bytes a second each

  lwp::os::Nanos warm_up = 0;  ///< before the window
  lwp::os::Nanos duration = lwp::os::kSecond;
  lwp::os::Nanos timeout = 5 * lwp::os::kSecond;  ///< of one request, from its sending
  /// Closed loop: the window begins and ends at a multiple of so many answers, so that it holds
  /// whole decks.
  int whole = 1;

  std::function<void()> window_begins, window_ends;  ///< called at those moments, may be empty
  bool recorded = true;                              ///< where WEFT_TRACE asks for it
  /// Called some times a second with the time since the beginning, may be empty.
  std::function<void(lwp::os::Nanos)> progress;
  int stop_fd = -1;  ///< run() returns early when this becomes readable (it is not read)

  /// More than one endpoint is asked, or may be.
  bool spread() const { return named || !also.empty(); }
};

/// A generator that sent one in a hundred requests later than this was not able to keep its plan.
inline constexpr lwp::os::Nanos kMostLag = lwp::os::kMillisecond;

struct Outcome {
  // Of the requests of the window. Closed: answered in it; open: meant to be sent in it.
  Histogram latency;  ///< of good answers, from the intended time; a time-out counts as long as it
                      ///< was waited for
  Histogram service;  ///< of the same, from the sending; of those that were sent
  Histogram lag;      ///< how much later than it could a request was sent, by this program's fault
  std::uint64_t answered = 0;     ///< good answers
  std::uint64_t timed_out = 0;    ///< with `answered` those of the histograms
  std::uint64_t lost = 0;         ///< failed, time-outs too
  std::uint64_t failed_over = 0;  ///< good answers after another endpoint had failed, warm-up too
  std::uint64_t starved = 0;      ///< open loop: had to wait for one of `connections`

  std::uint64_t came = 0;     ///< good answers that came in the window, whenever they were meant
  std::uint64_t bytes = 0;    ///< of those that came in it, heads included
  std::uint64_t offered = 0;  ///< open loop: requests meant to be sent in the window
  lwp::os::Nanos window = 0;
  lwp::os::Nanos own_cpu = 0;  ///< of the generator's thread, in the window
  Availability availability;   ///< in the window
  SlowReaders::Counts slow;    ///< from the beginning

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
  /// False: the numbers are as much of this program as of the server.
  bool valid() const { return lag.percentile(99) <= kMostLag; }
  /// Which part of the requests of the window had a good answer; 1 of none.
  double success() const;
};

/// Runs the plan, then waits for the answers still due. Bounded: it ends at most
/// warm_up + 2 duration + 2 timeout after it began (partly open: and a session's thinking within
/// the window). A server that is not there yet has a second to come.
Outcome run(const Plan& plan);

}  // namespace weft::labs::load
