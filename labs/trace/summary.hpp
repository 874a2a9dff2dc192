// SPDX-License-Identifier: BSL-1.0
// A recording in a few sentences and tables: what stood still, why, and who paid for it.
#pragma once

#include "labs/trace/model.hpp"

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
/// A request, and where its time went. Of one that is recorded at both ends, `whole` is the
/// client's, and before() what came before the server began it.
struct SlowRow {
  std::uint32_t whole = 0, served = 0;  ///< in Model::spans; the same if one end is recorded
  Nanos length = 0, before = 0;
  std::array<Nanos, kStates> in{};  ///< of its server's fiber, while it served
  std::size_t behind = kNoCall;     ///< in Model::calls: of others, that it waited for longest
  Nanos behind_for = 0;
  static constexpr std::size_t kNoCall = ~std::size_t{0};
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

Summary summarize(const Model& m, const Say& say);

/// "312 ms", "1.9 s", "45 µs": three digits at most.
std::string duration(Nanos t);
/// Likewise, or "12 steps" of a recording that counts steps.
std::string duration(const Model& m, Nanos t, const Say& say);
/// "read(5, /data/x)"; an announced one as it was announced, by which calls are counted.
std::string call_name(const Model& m, const Call& call);
/// Likewise, with what a look saw of an announced one: "fetch: read(5, /data/x)".
std::string call_in_full(const Model& m, const Call& call);

}  // namespace weft::labs::trace
