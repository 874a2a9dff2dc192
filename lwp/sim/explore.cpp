// SPDX-License-Identifier: BSL-1.0
#include "lwp/sim/explore.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <new>
#include <random>
#include <stdexcept>
#include <utility>

#include "lwp/os.hpp"
#include "lwp/sim/guard.hpp"

namespace weft::lwp::sim {
namespace {

// Where a choice costs a preemption: a thread that could have gone on does not.
bool costs(const Choice& choice) {
  return choice.current >= 0;
}

// Remembers where a run departs from the default.
constexpr std::size_t kStory = 20'000;
constexpr const char* kNotTheSame =
    "it does not do the same under the same schedule: it depends on something else (time, random "
    "numbers, addresses)";

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
  DepthFirst(int preemptions, const Places& places)
      : bound_(preemptions), places_(places), known_(places.shared()) {}

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
    if (depth_ == path_.size()) path_.push_back({0, choice.threads.size(), choice.step});
    const Node& node = path_[depth_++];
    if (node.options != choice.threads.size() || node.step != choice.step) {
      // A place that this run has found to be shared is one more to choose at: all begins again.
      if (places_.shared() != known_) return 0;
      fail(kNotTheSame, Kind::unsteady);
    }
    if (node.taken > 0 && cost) ++spent_;
    return node.taken;
  }

 private:
  struct Node {
    std::size_t taken, options;
    std::uint64_t step;
  };
  const int bound_;
  const Places& places_;
  const std::size_t known_;
  int spent_ = 0;
  std::vector<Node> path_;
  std::size_t depth_ = 0;
  bool begun_ = false, cut_ = false;
};

constexpr double kFault = 0.1;  // with which probability one happens where it can

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
    if (choice.of == Choice::Of::fault) return std::bernoulli_distribution(kFault)(random_) ? 1 : 0;
    if (choice.of == Choice::Of::value)
      return std::uniform_int_distribution<std::size_t>(0, choice.threads.size() - 1)(random_);
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

class Replaying final : public Recording {
 public:
  explicit Replaying(Schedule schedule) : schedule_(std::move(schedule)) {}
  std::optional<std::uint64_t> diverged_at() const {
    if (diverged_at_ || next_ == schedule_.size()) return diverged_at_;
    return schedule_[next_].step;  // it ended before
  }

 protected:
  std::size_t pick(const Choice& choice) override {
    if (next_ == schedule_.size() || choice.step < schedule_[next_].step) return 0;
    const Departure d = schedule_[next_++];
    if (d.step == choice.step && d.taken < choice.threads.size()) return d.taken;
    if (!diverged_at_) diverged_at_ = d.step;
    return 0;
  }

 private:
  std::optional<std::uint64_t> diverged_at_;
  const Schedule schedule_;
  std::size_t next_ = 0;
};

// What a search leaves behind; in memory that its process shares with who asked.
struct Found {
  bool done = false, failed = false;
  std::uint64_t runs = 0, most_steps = 0;
  bool exhaustive = false;
  double bound = 0;
  std::size_t departures = 0;
  Departure schedule[100'000];
};

class Searcher {
 public:
  Searcher(const std::function<void()>& program, const Search& search, Found& found)
      : program_(program), search_(search), found_(found) {
    search_.limits.story = 0;
    search_.limits.places = &places_;
  }

  void run() {
    Replaying plain({});  // to know some places, and how long a run is
    if (fails(plain)) return;
    search_.strategy == Search::Strategy::pct ? by_priorities() : depth_first();
  }

 private:
  bool fails(Recording& chooser) {
    places_.forget_objects();
    ++found_.runs;
    Run run = sim::run(program_, chooser, search_.limits);
    found_.most_steps = std::max(found_.most_steps, run.steps);
    if (run.verdict == Run::Verdict::passed) {
      threads_ = run.names.size();
      return false;
    }
    const Schedule& schedule = chooser.schedule();
    found_.failed = true;
    found_.exhaustive = false;
    found_.departures = std::min(schedule.size(), std::size(found_.schedule));
    std::copy_n(schedule.begin(), found_.departures, found_.schedule);
    return true;
  }
  bool enough() const {
    return found_.runs >= search_.runs || std::chrono::steady_clock::now() >= end_;
  }

  void depth_first() {
    for (int bound = 0; bound <= search_.preemptions;) {
      const std::size_t known = places_.shared();
      DepthFirst chooser(bound, places_);
      found_.exhaustive = false;
      bool more = true;
      while ((more = chooser.next()) && places_.shared() == known && !enough()) {
        if (fails(chooser)) return;
      }
      if (enough()) return;
      if (places_.shared() != known) continue;  // and again, with those
      found_.exhaustive = !more;
      if (!chooser.cut()) return;  // more preemptions would change nothing
      ++bound;
    }
  }

  void by_priorities() {
    const std::uint64_t steps = std::max<std::uint64_t>(found_.most_steps, 1);
    for (std::uint64_t seed = search_.seed; !enough(); ++seed) {
      Pct chooser(search_.depth, steps, seed);
      if (fails(chooser)) return;
      found_.bound = 1 / (static_cast<double>(std::max<std::size_t>(threads_, 1)) *
                          std::pow(static_cast<double>(steps), search_.depth - 1));
    }
  }

  const std::function<void()>& program_;
  Search search_;
  Found& found_;
  Places places_;
  std::size_t threads_ = 1;
  const std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + std::chrono::nanoseconds(search_.time);
};

// ---- a run that fails leaves its process as it stands: so each has one of its own --------------

template <class T>
T& shared() {
  void* memory = os::shared_memory(sizeof(T));
  if (memory == nullptr) throw std::bad_alloc();
  return *new (memory) T;
}

// Into what is shared; false if it ended its whole process.
bool apart(const std::function<void()>& body) {
  auto child = os::fork_process([&] {
    Guard guard;
    body();
    return 0;
  });
  if (!child) throw std::runtime_error("explore: no process to run the program in");
  auto end = child->wait();
  return end && end->code == 0;
}

// How a schedule fails, in short.
struct Outcome {
  Run::Verdict verdict = Run::Verdict::passed;
  char what[200] = {};

  bool operator==(const Outcome& other) const {
    return verdict == other.verdict && std::string_view(what) == other.what;
  }
};

class Shrinker {
 public:
  Shrinker(const std::function<void()>& program, const Limits& limits)
      : program_(program), limits_(limits), outcome_(shared<Outcome>()) {
    limits_.story = 0;
    limits_.places = nullptr;
  }

  /// Leaves out whatever departure is not needed.
  Schedule shrink(Schedule schedule) {
    const Outcome wanted = outcome_of(schedule);
    for (std::size_t i = schedule.size(); i-- > 0;) {
      Schedule shorter = schedule;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
      if (outcome_of(shorter) == wanted) schedule = std::move(shorter);
    }
    return schedule;
  }

 private:
  Outcome outcome_of(const Schedule& schedule) {
    outcome_ = {};
    const bool ended = apart([&] {
      Replaying chooser(schedule);
      const Run run = sim::run(program_, chooser, limits_);
      outcome_.verdict = run.verdict;
      run.what.copy(outcome_.what, sizeof outcome_.what - 1);
    });
    if (!ended) outcome_.verdict = Run::Verdict::too_long;
    return outcome_;
  }

  const std::function<void()>& program_;
  Limits limits_;
  Outcome& outcome_;
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
  Found& found = shared<Found>();
  const bool ended = apart([&] {
    Searcher(program, search, found).run();
    found.done = true;
  });
  if (!ended || !found.done) throw std::runtime_error("it ends the whole process");
  Result result{.runs = found.runs,
                .exhaustive = found.exhaustive,
                .most_steps = found.most_steps,
                .failure = std::nullopt,
                .schedule = {},
                .bound = found.bound};
  if (!found.failed) return result;
  Limits limits = search.limits;
  limits.places = nullptr;
  limits.story = kStory;
  Schedule schedule(found.schedule, found.schedule + found.departures);
  result.schedule = Shrinker(program, limits).shrink(std::move(schedule));
  Guard guard;
  result.failure = replay(program, result.schedule, limits).run;
  if (result.failure->verdict == Run::Verdict::passed) {  // it failed, but does not fail again
    result.failure->verdict = Run::Verdict::failed;
    result.failure->what = kNotTheSame;
    result.failure->kind = Kind::unsteady;
  }
  return result;
}

Replay replay(const std::function<void()>& program, const Schedule& schedule,
              const Limits& limits) {
  Replaying chooser(schedule);
  Run run = sim::run(program, chooser, limits);
  return {std::move(run), chooser.diverged_at()};
}

}  // namespace weft::lwp::sim
