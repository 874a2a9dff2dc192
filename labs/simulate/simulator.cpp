// SPDX-License-Identifier: BSL-1.0
#include "labs/simulate/simulator.hpp"

#include <algorithm>
#include <deque>
#include <queue>

#include "lwp/os.hpp"
#include "lwp/run_queue.hpp"

namespace weft::labs::simulate {
namespace {

using lwp::How;
using lwp::Task;
using lwp::Why;

constexpr Nanos kNever = INT64_MAX;

// A job, or one time of it, as the policy sees it.
class SimulatedTask final : public Task {
 public:
  lwp::Left run(lwp::Lwp&) override { return {this, How::done}; }  // nobody calls it

  std::size_t job = 0;
  Outcome outcome{};
  std::size_t burst = 0;  // the index of the one it is in
  Nanos left = 0;         // of it
  Nanos since = 0;        // in its present state
  bool begun = false;
};

struct Event {
  Nanos when;
  std::uint64_t order;
  SimulatedTask* task;
  bool operator>(const Event& other) const {
    return when != other.when ? when > other.when : order > other.order;
  }
};

class Simulator {
 public:
  Simulator(const Workload& w, const lwp::PolicyType& policy, std::uint64_t seed)
      : w_(w), queue_(policy, seed, true) {
    for (std::size_t j = 0; j < w.jobs.size(); ++j) {
      for (int time = 0; time < w.jobs[j].times; ++time) add(j, time);
    }
  }

  Simulation run() {
    while (alive_ > 0) {
      const Nanos event = events_.empty() ? kNever : events_.top().when;
      const Nanos stop = running_ == nullptr ? kNever : std::min(burst_end_, slice_end_);
      advance(std::min(event, stop));
      bool give_way = false;
      while (!events_.empty() && events_.top().when <= now_) give_way |= arrives();
      if (running_ != nullptr && burst_end_ <= now_) {
        burst_ends();
      } else if (running_ != nullptr && (give_way || slice_end_ <= now_)) {
        is_stopped(give_way ? Why::preempted : Why::slice_used);
      }
      if (running_ == nullptr) dispatch(How::parked);
    }
    out_.end = now_;
    for (auto& t : tasks_) out_.outcomes.push_back(t.outcome);
    return std::move(out_);
  }

 private:
  void add(std::size_t j, int time) {
    const Job& job = w_.jobs[j];
    SimulatedTask& t = tasks_.emplace_back();
    t.job = j;
    const Nanos arrives = job.arrives + time * job.period;
    const Nanos due = job.deadline > 0 ? job.deadline : job.period;
    t.outcome = {.job = j,
                 .time = time + 1,
                 .arrived = arrives,
                 .first_ran = 0,
                 .ended = 0,
                 .due = due > 0 ? arrives + due : 0};
    lwp::Wishes wishes = job.wishes;
    if (due > 0) wishes.deadline = start_ + arrives + due;
    wishes.period = job.period;
    t.set_wishes(wishes);
    ++alive_;
    events_.push({arrives, order_++, &t});
  }

  void advance(Nanos to) {
    if (to <= now_) return;
    clock_.advance(to - now_);
    now_ = to;
  }

  // It arrives, or comes back from its device. True if the running one should give way.
  bool arrives() {
    SimulatedTask& t = *events_.top().task;
    const Nanos when = events_.top().when;
    events_.pop();
    const Why why = t.begun ? Why::woken : Why::created;
    if (t.begun) {
      note(t, Segment::State::waits, when);
      ++t.burst;
    } else {
      t.set_identity(++arrived_,
                     w_.jobs[t.job].name);  // as in the runtime: who came first has less
    }
    t.begun = true;
    t.since = when;
    t.left = w_.jobs[t.job].bursts[t.burst];
    t.set_next_burst(t.left);
    const bool urgent = queue_.offer(turn_, t, why);
    queue_.add(1);
    return urgent;
  }

  void note(SimulatedTask& t, Segment::State state, Nanos until) {
    if (until > t.since) out_.segments.push_back({state, t.job, t.since, until, t.outcome.time});
    if (state == Segment::State::waits) t.outcome.waited += until - t.since;
    t.since = until;
  }

  void leaves_cpu() {
    SimulatedTask& t = *running_;
    const Nanos ran = now_ - t.since;
    t.left -= ran;
    t.outcome.ran += ran;
    out_.busy += ran;
    note(t, Segment::State::runs, now_);
    last_ = std::exchange(running_, nullptr);
  }

  void burst_ends() {
    SimulatedTask& t = *running_;
    leaves_cpu();
    const auto& bursts = w_.jobs[t.job].bursts;
    const bool done = t.burst + 1 == bursts.size();
    if (done) {
      t.outcome.ended = now_;
      --alive_;
    } else {
      ++t.burst;
      events_.push({now_ + bursts[t.burst], order_++, &t});
    }
    dispatch(done ? How::done : How::parked);
  }

  // By a newcomer, or by the end of its slice.
  void is_stopped(Why why) {
    if (queue_.size.load(lwp::memory_order_relaxed) == 0) {
      slice_end_ = end_of_slice();
      return;
    }
    SimulatedTask& t = *running_;
    leaves_cpu();
    queue_.account(turn_, How::yielded, lwp::os::now());
    t.set_next_burst(t.left);
    queue_.offer(turn_, t, why);
    queue_.add(1);
    dispatch(How::parked);  // accounted already; a turn of the next one begins
  }

  void dispatch(How how) {
    Task* next = queue_.take(turn_, how);
    if (next == nullptr) return;
    queue_.add(-1);
    auto& t = static_cast<SimulatedTask&>(*next);
    running_ = &t;
    if (last_ != nullptr && last_ != &t) {
      ++out_.switches;
      advance(now_ + w_.switch_cost);
    }
    if (t.outcome.ran == 0) t.outcome.first_ran = now_;
    note(t, Segment::State::ready, now_);
    burst_end_ = now_ + t.left;
    slice_end_ = end_of_slice();
  }

  Nanos end_of_slice() const {
    const Nanos own = turn_.slice.load(lwp::memory_order_relaxed);
    const Nanos slice = own > 0 ? own : w_.slice;
    return slice <= 0 || slice >= kNever - now_ ? kNever : now_ + slice;
  }

  const Nanos start_ = lwp::os::kSecond;  // of the manual clock: at 0 nothing would have a time
  lwp::os::ManualClock clock_{start_};
  const Workload& w_;
  lwp::RunQueue queue_;
  lwp::Turn turn_;
  std::deque<SimulatedTask> tasks_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0, arrived_ = 0;
  int alive_ = 0;
  Nanos now_ = 0, burst_end_ = kNever, slice_end_ = kNever;
  SimulatedTask* running_ = nullptr;
  SimulatedTask* last_ = nullptr;
  Simulation out_;
};

template <class Of>
double mean_ms(const std::vector<Outcome>& outcomes, Of&& of) {
  double sum = 0;
  for (const auto& o : outcomes) sum += static_cast<double>(of(o)) / 1e6;
  return sum / static_cast<double>(outcomes.size());
}

}  // namespace

double Simulation::mean_waiting() const {
  return mean_ms(outcomes, [](const Outcome& o) { return o.waiting(); });
}
double Simulation::mean_turnaround() const {
  return mean_ms(outcomes, [](const Outcome& o) { return o.turnaround(); });
}
double Simulation::mean_response() const {
  return mean_ms(outcomes, [](const Outcome& o) { return o.response(); });
}
int Simulation::missed() const {
  return static_cast<int>(std::ranges::count_if(outcomes, &Outcome::missed));
}
double Simulation::fairness() const {
  double sum = 0, squares = 0;
  for (const auto& o : outcomes) {
    sum += o.slowdown();
    squares += o.slowdown() * o.slowdown();
  }
  return sum * sum / (static_cast<double>(outcomes.size()) * squares);
}

Simulation simulate(const Workload& workload, const lwp::PolicyType& policy, std::uint64_t seed) {
  return Simulator(workload, policy, seed).run();
}

}  // namespace weft::labs::simulate
