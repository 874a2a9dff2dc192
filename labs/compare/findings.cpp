// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/findings.hpp"

#include <array>
#include <cstdio>

namespace weft::labs::compare {
namespace {

using fibers::Engine;
using fibers::Mapping;

constexpr double kNoFaster = 1.05;  // within the noise of a run
constexpr double kClearlyFaster = 1.1;
constexpr double kAsGood = 0.95;

Finding not_shown(int n, Say say, std::string why, std::string hint = {}) {
  return {n, false, say("compare.not_shown", {{"why", std::move(why)}}), std::move(hint)};
}
Finding missing(int n, Say say, MessageId row) {
  return not_shown(n, say, say("compare.why_missing", {{"row", say(row)}}));
}
Finding numbers(int n, Say say, const Row& a, const Row& b, std::string hint = {}) {
  return not_shown(n, say,
                   say("compare.why_numbers", {{"a", label(a.spec, say)},
                                               {"x", number(a.rps_median())},
                                               {"b", label(b.spec, say)},
                                               {"y", number(b.rps_median())}}),
                   std::move(hint));
}

// 1: threads on one LWP gain nothing, because a blocking read stops the LWP.
Finding one_lwp(const Comparison& c, Say say) {
  const Row* single = c.find("single-threaded");
  const Row* pool = c.find("dispatcher-worker", Mapping::many_to_one);
  if (!single) return missing(1, say, "row.single");
  if (!pool) return missing(1, say, "mapping.many_to_one");
  if (pool->rps_median() > kNoFaster * single->rps_median()) return numbers(1, say, *pool, *single);
  const Counted& n = pool->counted;
  if (n.blocking_reads == 0 || n.ready_at_block == 0)
    return not_shown(1, say, say("compare.why_no_reads"));
  double ready = static_cast<double>(n.ready_at_block) / static_cast<double>(n.blocking_reads);
  return {1, true,
          say("compare.finding_one_lwp", {{"workers", in_words(pool->spec.workers, say, true)},
                                          {"n", grouped(n.blocking_reads)},
                                          {"r", number(ready)},
                                          {"w", number(n.blocked_while_ready_s)}}),
          ""};
}

// 2: the same workers on more LWPs are faster.
Finding ceiling(const Comparison& c, Say say) {
  std::string hint = c.setup.lwps.size() > 1 ? "" : say("compare.try_lwps");
  const Row* one = c.find("dispatcher-worker", Mapping::many_to_one);
  const Row* some = nullptr;  // the most LWPs with the same number of workers
  for (const auto& row : c.rows)
    if (one && row.spec.mapping == Mapping::many_to_many && row.spec.workers == one->spec.workers &&
        row.spec.lwps > 1 && (!some || row.spec.lwps > some->spec.lwps))
      some = &row;
  if (!one) return missing(2, say, "mapping.many_to_one");
  if (!some) return missing(2, say, "mapping.many_to_many");
  if (some->rps_median() < kClearlyFaster * one->rps_median())
    return numbers(2, say, *some, *one, hint);
  return {2, true, say("compare.finding_ceiling"), hint};
}

// 3: the book's 66⅔ is a disk with a head for every read. Where one head was measured too, "gives
// 40" is a measurement; else it is the model's word, and the sentence says "would give".
Finding disk(const Comparison& c, Say say) {
  predict::Network one_head = c.setup.network;
  one_head.heads = 1;
  double limit = predict::bound_rps(one_head, c.setup.clients);
  const Row *parallel = nullptr, *serial = nullptr;
  for (const auto& row : c.rows) {
    if (row.spec.in_service < 4) continue;
    if (row.spec.heads == 1)
      serial = serial ? serial : &row;
    else if (row.spec.heads >= 4 && (!parallel || row.rps_median() > parallel->rps_median()))
      parallel = &row;
  }
  std::string hint = serial ? "" : say("compare.try_heads");
  if (!parallel) return not_shown(3, say, say("compare.why_no_parallel"));
  std::string fast = number(predict::bound_rps(c.setup.network, c.setup.clients));
  if (fast == "66.7") fast = "66⅔";
  if (serial) {
    double share = serial->rps_median() / limit;
    if (share < 0.85 || share > kClearlyFaster ||
        parallel->rps_median() < kClearlyFaster * serial->rps_median())
      return numbers(3, say, *parallel, *serial);
    return {3, true, say("compare.finding_disk", {{"fast", fast}, {"slow", number(limit, 0)}}), ""};
  }
  if (parallel->rps_median() < kClearlyFaster * limit)
    return not_shown(3, say,
                     say("compare.why_limit", {{"row", label(parallel->spec, say)},
                                               {"x", number(parallel->rps_median())},
                                               {"y", number(limit, 0)}}),
                     hint);
  return {3, true, say("compare.finding_disk_model", {{"fast", fast}, {"slow", number(limit, 0)}}),
          hint};
}

// 4: the state machine is as fast as a kernel thread per worker, on one thread.
Finding machine(const Comparison& c, Say say) {
  const Row* fsm = c.find("fsm");
  const Row* kernel = c.find("dispatcher-worker", Mapping::one_to_one);
  if (!fsm) return missing(4, say, "row.fsm");
  if (!kernel) return missing(4, say, "mapping.one_to_one");
  if (fsm->rps_median() < kAsGood * kernel->rps_median()) return numbers(4, say, *fsm, *kernel);
  return {4, true,
          say("compare.finding_machine", {{"b", grouped(fsm->counted.remembered_bytes)},
                                          {"s", std::to_string(fsm->counted.states)},
                                          {"k", std::to_string(kernel->counted.stack_kb)}}),
          ""};
}

}  // namespace

std::vector<Finding> findings(const Comparison& c, Say say) {
  return {one_lwp(c, say), ceiling(c, say), disk(c, say), machine(c, say)};
}

std::string label(const RowSpec& spec, Say say) {
  if (spec.model == "single-threaded") return say("row.single");
  if (spec.model == "fsm") return say("row.fsm");
  std::string mapping = spec.mapping == Mapping::many_to_one    ? say("mapping.many_to_one")
                        : spec.mapping == Mapping::many_to_many ? say("mapping.many_to_many")
                                                                : say("mapping.one_to_one");
  std::string out =
      say("row.pool", {{"workers", std::to_string(spec.workers)}, {"mapping", mapping}});
  if (spec.on_block == fibers::OnBlock::handoff) out = say("row.handoff", {{"row", out}});
  return spec.engine == Engine::boost_fiber ? say("row.on_boost", {{"row", out}}) : out;
}

std::string lwps(const RowSpec& spec) {
  std::string out = std::to_string(spec.lwps);
  if (spec.on_block == fibers::OnBlock::handoff) out += '+';
  return out;
}

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string in_words(int value, Say say, bool capital) {
  constexpr std::array<const char*, 13> words = {"",     "one",    "two",   "three", "four",
                                                 "five", "six",    "seven", "eight", "nine",
                                                 "ten",  "eleven", "twelve"};
  if (say.language() != Language::en || value < 1 || value > 12) return std::to_string(value);
  std::string word = words[static_cast<std::size_t>(value)];
  if (capital) word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

}  // namespace weft::labs::compare
