// SPDX-License-Identifier: BSL-1.0
#include "lwp/sim/explore.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <random>
#include <utility>

namespace weft::lwp::sim {
namespace {

// Where a choice costs a preemption: a thread that could have gone on does not.
bool costs(const Choice& choice) {
  return choice.current >= 0;
}

// Remembers where a run departs from the default.
class Recording : public Chooser {
 public:
  std::size_t choose(const Choice& choice) final {
    const std::size_t taken = pick(choice);
    if (taken > 0) schedule_.push_back({choice.step, taken});
    return taken;
  }
  const Schedule& schedule() const { return schedule_; }

 protected:
  virtual std::size_t pick(const Choice& choice) = 0;
  void begin_again() { schedule_.clear(); }

 private:
  Schedule schedule_;
};

class DepthFirst final : public Recording {
 public:
  explicit DepthFirst(int preemptions) : bound_(preemptions) {}

  /// The next schedule; false when all were tried.
  bool next() {
    begin_again();
    depth_ = 0;
    spent_ = 0;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().options) path_.pop_back();
    if (path_.empty()) return !std::exchange(begun_, true);
    ++path_.back().taken;
    return true;
  }
  /// A schedule was left out because of the bound.
  bool cut() const { return cut_; }

 protected:
  std::size_t pick(const Choice& choice) override {
    begun_ = true;
    const bool cost = costs(choice);
    if (cost && spent_ == bound_) {
      cut_ = true;
      return 0;
    }
    if (depth_ == path_.size()) path_.push_back({0, choice.threads.size()});
    const Node& node = path_[depth_++];
    if (node.options != choice.threads.size()) {
      fail("the program does not do the same under the same schedule");
    }
    if (node.taken > 0 && cost) ++spent_;
    return node.taken;
  }

 private:
  struct Node {
    std::size_t taken, options;
  };
  const int bound_;
  int spent_ = 0;
  std::vector<Node> path_;
  std::size_t depth_ = 0;
  bool begun_ = false, cut_ = false;
};

class Pct final : public Recording {
 public:
  Pct(int depth, std::uint64_t steps, std::uint64_t seed) : random_(seed) {
    for (int i = 1; i < depth; ++i) {
      changes_.push_back(std::uniform_int_distribution<std::uint64_t>(0, steps)(random_));
    }
    std::ranges::sort(changes_);
  }

 protected:
  std::size_t pick(const Choice& choice) override {
    if (choice.yields) lower(choice.current);
    while (changed_ < changes_.size() && choice.step >= changes_[changed_]) {
      ++changed_;
      if (choice.current >= 0) lower(choice.current);
    }
    auto best = std::ranges::max_element(choice.threads, {}, [&](int t) { return priority(t); });
    return static_cast<std::size_t>(best - choice.threads.begin());
  }

 private:
  double& priority(int thread) {
    const auto i = static_cast<std::size_t>(thread);
    while (priorities_.size() <= i) {
      priorities_.push_back(std::uniform_real_distribution<>(1, 2)(random_));
    }
    return priorities_[i];
  }
  void lower(int thread) { priority(thread) = lowest_ -= 1; }

  std::mt19937_64 random_;
  std::vector<double> priorities_;
  double lowest_ = 0;
  std::vector<std::uint64_t> changes_;  // steps
  std::size_t changed_ = 0;
};

class Replaying final : public Chooser {
 public:
  explicit Replaying(Schedule schedule) : schedule_(std::move(schedule)) {}
  std::size_t choose(const Choice& choice) override {
    if (next_ == schedule_.size() || schedule_[next_].step != choice.step) return 0;
    const std::size_t taken = schedule_[next_++].taken;
    return taken < choice.threads.size() ? taken : 0;
  }

 private:
  const Schedule schedule_;
  std::size_t next_ = 0;
};

class Explorer {
 public:
  Explorer(const std::function<void()>& program, const Search& search)
      : program_(program), search_(search) {
    search_.limits.story = 0;
    search_.limits.places = &places_;
  }

  Result run() {
    learn_places();
    search_.strategy == Search::Strategy::pct ? by_priorities() : depth_first();
    if (result_.failure) shrink();
    return std::move(result_);
  }

 private:
  Run once(Chooser& chooser) {
    ++result_.runs;
    places_.forget_objects();
    Run run = sim::run(program_, chooser, search_.limits);
    result_.most_steps = std::max(result_.most_steps, run.steps);
    return run;
  }
  bool enough() const {
    return result_.runs >= search_.runs || std::chrono::steady_clock::now() >= end_;
  }

  // A first run, to know some; and how long one is.
  void learn_places() {
    Replaying plain({});
    once(plain);
  }

  void depth_first() {
    for (int bound = 0; bound <= search_.preemptions;) {
      const std::size_t known = places_.shared();
      DepthFirst chooser(bound);
      result_.exhaustive = false;
      bool more = true;
      while ((more = chooser.next()) && places_.shared() == known && !enough()) {
        Run run = once(chooser);
        if (run.verdict != Run::Verdict::passed) return found(chooser.schedule());
      }
      if (enough()) return;
      if (places_.shared() != known) continue;  // and again, with those
      result_.exhaustive = !more;
      if (!chooser.cut()) return;  // more preemptions would change nothing
      ++bound;
    }
  }

  void by_priorities() {
    const std::uint64_t steps = std::max<std::uint64_t>(result_.most_steps, 1);
    std::uint64_t seed = search_.seed;
    while (!enough()) {
      Pct chooser(search_.depth, steps, seed++);
      Run run = once(chooser);
      result_.bound = 1 / (static_cast<double>(std::max<std::size_t>(run.names.size(), 1)) *
                           std::pow(static_cast<double>(steps), search_.depth - 1));
      if (run.verdict != Run::Verdict::passed) return found(chooser.schedule());
    }
  }

  void found(const Schedule& schedule) {
    result_.exhaustive = false;
    result_.schedule = schedule;
    result_.failure = again(schedule);
  }
  // With the places that are known by now; a search of ours stops at the first failure, so it may
  // have found more of them in this very run.
  Run again(const Schedule& schedule) {
    Replaying chooser(schedule);
    places_.forget_objects();
    Limits limits = search_.limits;
    limits.story = 1000;
    return sim::run(program_, chooser, limits);
  }

  // Leaves out whatever departure is not needed.
  void shrink() {
    for (std::size_t i = result_.schedule.size(); i-- > 0;) {
      Schedule shorter = result_.schedule;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
      Run run = again(shorter);
      if (run.verdict == result_.failure->verdict && run.what == result_.failure->what) {
        result_.schedule = shorter;
        result_.failure = run;
      }
    }
  }

  const std::function<void()>& program_;
  Search search_;
  Places places_;
  Result result_;
  const std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + std::chrono::nanoseconds(search_.time);
};

}  // namespace

std::string token(const Schedule& schedule) {
  std::string out;
  for (const Departure& d : schedule) {
    out += (out.empty() ? "" : ",") + std::to_string(d.step) + ":" + std::to_string(d.taken);
  }
  return out.empty() ? "0" : out;
}

std::optional<Schedule> schedule_of(std::string_view token) {
  Schedule out;
  if (token == "0") return out;
  const char* at = token.data();
  const char* const end = at + token.size();
  while (true) {
    Departure d{};
    auto step = std::from_chars(at, end, d.step);
    if (step.ec != std::errc() || step.ptr == end || *step.ptr != ':') return std::nullopt;
    auto taken = std::from_chars(step.ptr + 1, end, d.taken);
    if (taken.ec != std::errc()) return std::nullopt;
    out.push_back(d);
    if (taken.ptr == end) return out;
    if (*taken.ptr != ',') return std::nullopt;
    at = taken.ptr + 1;
  }
}

Result explore(const std::function<void()>& program, const Search& search) {
  return Explorer(program, search).run();
}

Run replay(const std::function<void()>& program, const Schedule& schedule, const Limits& limits) {
  Replaying chooser(schedule);
  return sim::run(program, chooser, limits);
}

}  // namespace weft::lwp::sim
