// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/findings.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>

namespace weft::labs::compare {
namespace {

using fibers::Engine;
using fibers::Mapping;
using fibers::OnBlock;

constexpr double kNoFaster = 1.05;  // within the noise of a run
constexpr double kClearlyFaster = 1.1;
constexpr double kAsGood = 0.95;

// A finding in the making: what it claims, and what speaks against it in this run.
struct Claim {
  int number;
  Say say;
  std::string text;  // "that …"
  std::string hint = {};

  Finding denied(const std::string& why) const {
    return {number, false, say("compare.not_confirmed", {{"claim", text}, {"why", why}}), hint};
  }
  Finding missing(MessageId row) const {
    return denied(say("compare.why_missing", {{"row", say(row)}}));
  }
  Finding against(const Row& a, const Row& b) const {
    return denied(say("compare.why_numbers",
                      {{"x", number_of(a.rps_median())}, {"y", number_of(b.rps_median())}}));
  }
  Finding held(std::string sentence) const { return {number, true, std::move(sentence), hint}; }

  static std::string number_of(double value) { return compare::number(value); }
};

// A row of which requests failed says nothing about its server.
const Row* failing(std::initializer_list<const Row*> rows) {
  for (const Row* row : rows)
    if (row->errors > 0) return row;
  return nullptr;
}
Finding failed(const Claim& claim, const Row& row) {
  return claim.denied(claim.say("compare.why_errors",
                                {{"n", grouped(row.errors)}, {"row", label(row.spec, claim.say)}}));
}

bool is_pool(const RowSpec& s, Mapping mapping) {
  return s.model == "dispatcher-worker" && s.mapping == mapping && s.engine == Engine::weft &&
         s.on_block == OnBlock::hold;
}

// Of the rows that fit, the one after which no other comes.
const Row* last_of(const Comparison& c, const std::function<bool(const RowSpec&)>& fits,
                   const std::function<bool(const Row&, const Row&)>& before) {
  const Row* best = nullptr;
  for (const auto& row : c.rows)
    if (fits(row.spec) && (!best || before(*best, row))) best = &row;
  return best;
}
bool fewer_workers(const Row& a, const Row& b) {
  return a.spec.workers < b.spec.workers;
}
bool slower(const Row& a, const Row& b) {
  return a.rps_median() < b.rps_median();
}

// The pool on one LWP that shows most: with the most workers.
const Row* one_lwp_pool(const Comparison& c) {
  return last_of(
      c, [](const RowSpec& s) { return is_pool(s, Mapping::many_to_one); }, fewer_workers);
}

// 1: threads on one LWP gain nothing, because a blocking read stops the LWP.
Finding one_lwp(const Comparison& c, Say say) {
  const Row* single = c.find("single-threaded");
  const Row* pool = one_lwp_pool(c);
  Claim claim{1, say, say("compare.claim_one_lwp")};
  if (!single) return claim.missing("row.single");
  if (!pool) return claim.missing("mapping.many_to_one");
  if (const Row* row = failing({single, pool})) return failed(claim, *row);
  if (pool->rps_median() > kNoFaster * single->rps_median()) return claim.against(*pool, *single);
  const Counted& n = pool->counted;
  if (n.blocking_reads == 0 || n.ready_at_block == 0)
    return claim.denied(say("compare.why_no_reads"));
  double ready = static_cast<double>(n.ready_at_block) / static_cast<double>(n.blocking_reads);
  return claim.held(
      say("compare.finding_one_lwp", {{"workers", in_words(pool->spec.workers, say, true)},
                                      {"n", grouped(n.blocking_reads)},
                                      {"r", number(ready)},
                                      {"w", number(n.blocked_while_ready_s)},
                                      {"t", number(n.window_s)}}));
}

// 2: the same workers on more LWPs are faster.
Finding ceiling(const Comparison& c, Say say) {
  const Row* one = one_lwp_pool(c);
  // The most LWPs with the same number of workers, and the most heads.
  const Row* some = last_of(
      c,
      [&](const RowSpec& s) {
        return one && is_pool(s, Mapping::many_to_many) && s.workers == one->spec.workers &&
               s.lwps > 1;
      },
      [](const Row& a, const Row& b) {
        return std::pair(a.spec.lwps, a.spec.heads) < std::pair(b.spec.lwps, b.spec.heads);
      });
  Claim claim{2, say, say("compare.claim_ceiling"),
              c.setup.lwps.size() > 1 ? "" : say("compare.try_lwps")};
  if (!one) return claim.missing("mapping.many_to_one");
  if (!some) return claim.missing("mapping.many_to_many");
  if (const Row* row = failing({one, some})) return failed(claim, *row);
  if (some->rps_median() < kClearlyFaster * one->rps_median()) return claim.against(*some, *one);
  return claim.held(say("compare.finding_ceiling", {{"x", number(one->rps_median())},
                                                    {"lwps", std::to_string(some->spec.lwps)},
                                                    {"y", number(some->rps_median())},
                                                    {"disk", disk_words(some->spec.heads, say)}}));
}

// 3: the book's 66⅔ is a disk with a head for every read. Where one head was measured too, "gives
// 40" is a measurement; else it is the model's word, and the sentence says "would give".
Finding disk(const Comparison& c, Say say) {
  predict::Network one_head = c.setup.network;
  one_head.heads = 1;
  double limit = predict::bound_rps(one_head, c.setup.clients);
  const Row* parallel = last_of(
      c, [](const RowSpec& s) { return s.in_service >= 4 && s.heads >= 4; }, slower);
  const Row* serial = last_of(
      c, [](const RowSpec& s) { return s.in_service >= 4 && s.heads == 1; }, slower);
  std::string fast = number(predict::bound_rps(c.setup.network, c.setup.clients));
  if (fast == "66.7") fast = "66⅔";
  std::string slow = number(limit, 0);
  Claim claim{3, say, say("compare.claim_disk", {{"slow", slow}}),
              serial ? "" : say("compare.try_heads")};
  if (!parallel) return claim.denied(say("compare.why_no_parallel"));
  if (const Row* row = failing({parallel, serial ? serial : parallel})) return failed(claim, *row);
  if (serial) {
    double share = serial->rps_median() / limit;
    if (share < 0.85 || share > kClearlyFaster ||
        parallel->rps_median() < kClearlyFaster * serial->rps_median())
      return claim.against(*parallel, *serial);
    return claim.held(say("compare.finding_disk", {{"fast", fast}, {"slow", slow}}));
  }
  if (parallel->rps_median() < kClearlyFaster * limit)
    return claim.denied(say("compare.why_limit", {{"row", label(parallel->spec, say)},
                                                  {"x", number(parallel->rps_median())}}));
  return claim.held(say("compare.finding_disk_model", {{"fast", fast}, {"slow", slow}}));
}

// 4: the state machine is as fast as a kernel thread per worker, on one thread.
Finding machine(const Comparison& c, Say say) {
  const Row* fsm = last_of(
      c, [](const RowSpec& s) { return s.model == "fsm"; }, slower);
  const Row* kernel = last_of(
      c,
      [&](const RowSpec& s) {
        return is_pool(s, Mapping::one_to_one) && (!fsm || s.heads == fsm->spec.heads);
      },
      slower);
  Claim claim{4, say, say("compare.claim_machine")};
  if (!fsm) return claim.missing("row.fsm");
  if (!kernel) return claim.missing("mapping.one_to_one");
  if (const Row* row = failing({fsm, kernel})) return failed(claim, *row);
  if (fsm->rps_median() < kAsGood * kernel->rps_median()) return claim.against(*fsm, *kernel);
  return claim.held(
      say("compare.finding_machine", {{"x", number(fsm->rps_median())},
                                      {"b", grouped(fsm->counted.remembered_bytes)},
                                      {"s", std::to_string(fsm->counted.states)},
                                      {"k", std::to_string(kernel->counted.stack_kb)}}));
}

}  // namespace

std::vector<Finding> findings(const Comparison& c, Say say) {
  return {one_lwp(c, say), ceiling(c, say), disk(c, say), machine(c, say)};
}

std::string disk_words(int heads, Say say) {
  return heads == 1 ? say("compare.disk_one_head")
                    : say("compare.disk_heads", {{"heads", std::to_string(heads)}});
}

std::string label(const RowSpec& spec, Say say) {
  if (spec.model == "single-threaded") return say("row.single");
  if (spec.model == "fsm") return say("row.fsm");
  std::string mapping = spec.mapping == Mapping::many_to_one    ? say("mapping.many_to_one")
                        : spec.mapping == Mapping::many_to_many ? say("mapping.many_to_many")
                                                                : say("mapping.one_to_one");
  std::string out =
      spec.workers == 1
          ? say("row.pool_of_one", {{"mapping", mapping}})
          : say("row.pool", {{"workers", std::to_string(spec.workers)}, {"mapping", mapping}});
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
