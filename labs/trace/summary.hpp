// SPDX-License-Identifier: BSL-1.0
// A recording in a few sentences and tables: what stood still, why, and who paid for it.
#pragma once

#include "labs/trace/names.hpp"
#include "labs/trace/slow_requests.hpp"

namespace weft::labs::trace {

/// A sentence, and the place in the timeline that it is about.
struct Finding {
  std::string id;  ///< of its message
  std::string text;
  Nanos begin = 0, end = 0;
  std::uint32_t lwp = kNobody, fiber = kNobody;
  double lost = 0;  ///< seconds, by which findings are ordered; 0: remarks about the recording
};

struct Times {
  std::uint64_t count = 0;
  Nanos total = 0, p99 = 0, worst = 0;
  Nanos worst_at = 0;
};

/// `waiter` waited for `what`, which `owner` held and `waker` gave.
struct WaitRow {
  std::uint32_t waiter = kNobody, owner = kNobody, waker = kNobody;
  std::string what;
  Times times;
};
/// Blocking calls by one name.
struct CallRow {
  std::string what;
  std::array<std::uint64_t, kKnown> known{};  ///< by Known: how often it was learnt so
  std::uint64_t handed_off = 0;
  Times times;
  Nanos collateral = 0;
  std::uint32_t worst_lwp = kNobody, worst_fiber = kNobody;
};
struct SpanRow {
  std::string what;
  std::uint64_t count = 0;
  Nanos p50 = 0, p90 = 0, p99 = 0, worst = 0;
};
struct LaneRow {
  std::uint32_t lane = 0;
  std::array<Nanos, kStates> in{};  ///< by State
  Nanos off = 0;                    ///< of an LWP: ran on no processor, though it could
  std::uint64_t runs = 0;           ///< how often it began to run, or a fiber began to run on it
  std::uint64_t migrations = 0;     ///< of a fiber: how often it went on on another LWP
};
struct Summary {
  std::vector<Finding> findings;  ///< the worst first
  std::vector<WaitRow> waits;     ///< likewise, as all below
  std::vector<CallRow> calls;
  std::vector<SpanRow> spans;
  std::vector<SlowRow> slow;          ///< the slowest requests, the slowest first
  std::vector<LaneRow> lwps, fibers;  ///< by lane
  double event_ns = 0;  ///< what recording one costs, measured as it began; 0: unknown
  double share = 0;     ///< of the LWPs' running time, which recording took
};

/// What the model and its tables tell, the worst first.
std::vector<Finding> findings_of(const Model& m, const Summary& tables, const Say& say);
Summary summarize(const Model& m, const Say& say);

}  // namespace weft::labs::trace
