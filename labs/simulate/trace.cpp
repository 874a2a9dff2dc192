// SPDX-License-Identifier: BSL-1.0
#include "labs/simulate/trace.hpp"

#include <algorithm>

#include "labs/trace/writer.hpp"

namespace weft::labs::simulate {
namespace {

using trace::Writer;
using Happens = Writer::Event;
using lwp::Why;

// What happens at one time happens in this order.
enum class Turn { leaves, is_ready, runs };

struct Moment {
  Nanos at;
  Turn turn;
  Happens event;
  std::uint64_t fiber;
  Why why = Why::woken;
};

class Recorder {
 public:
  Recorder(Writer& to, const Workload& w, const Simulation& result, std::uint32_t runtime)
      : to_(to), workload_(w), result_(result), cpu_(to.place(runtime, 1)) {}

  void record() {
    for (std::size_t i = 0; i < result_.outcomes.size(); ++i) add_job(i);
    std::stable_sort(moments_.begin(), moments_.end(), [](const Moment& a, const Moment& b) {
      return std::pair(a.at, a.turn) < std::pair(b.at, b.turn);
    });
    for (std::size_t i = 0; i < moments_.size(); ++i) {
      write(moments_[i]);
      const bool last_now = i + 1 == moments_.size() || moments_[i + 1].at > moments_[i].at;
      if (last_now && !running_ && !std::exchange(idle_, true)) {
        to_.write(cpu_, moments_[i].at, Happens::idle);
      }
    }
  }

 private:
  // From its segments, which follow one another.
  void add_job(std::size_t i) {
    const Outcome& o = result_.outcomes[i];
    const std::uint64_t fiber = i + 1;
    moments_.push_back({o.arrived, Turn::is_ready, Happens::create, fiber});
    moments_.push_back({o.arrived, Turn::is_ready, Happens::ready, fiber, Why::created});
    std::vector<const Segment*> own;
    for (const Segment& s : result_.segments) {
      if (s.job == o.job && s.time == o.time) own.push_back(&s);
    }
    using State = Segment::State;
    for (std::size_t k = 0; k < own.size(); ++k) {
      const Segment& s = *own[k];
      if (s.state == State::runs) {
        moments_.push_back({s.begin, Turn::runs, Happens::run, fiber});
        const bool last = k + 1 == own.size();
        const bool waits = !last && own[k + 1]->state == State::waits;
        moments_.push_back({s.end, Turn::leaves,
                            last    ? Happens::done
                            : waits ? Happens::park
                                    : Happens::yield,
                            fiber});
      } else if (s.state == State::waits) {
        moments_.push_back({s.end, Turn::is_ready, Happens::woken, fiber});
      }
    }
  }

  void write(const Moment& m) {
    switch (m.event) {
      case Happens::create: {
        const Outcome& o = result_.outcomes[m.fiber - 1];
        const Job& job = workload_.jobs[o.job];
        const std::string time = job.times > 1 ? " " + std::to_string(o.time) : "";
        return to_.write(cpu_, m.at, m.event, {m.fiber}, job.name + time);
      }
      case Happens::ready:
      case Happens::woken:
        // Nobody on the CPU has done it.
        return to_.write(cpu_, m.at, Happens::woken, {m.fiber, static_cast<std::uint64_t>(m.why)});
      case Happens::run:
        running_ = true;
        idle_ = false;
        return to_.write(cpu_, m.at, m.event, {m.fiber});
      case Happens::park:
        running_ = false;
        return to_.write(cpu_, m.at, m.event, {to_.string("device"), 0});
      default:
        running_ = false;
        return to_.write(cpu_, m.at, m.event);
    }
  }

  Writer& to_;
  const Workload& workload_;
  const Simulation& result_;
  const std::size_t cpu_;
  std::vector<Moment> moments_;
  bool running_ = false, idle_ = false;
};

}  // namespace

std::string to_recording(const Workload& workload, const Simulation& result,
                         const std::string& what, const std::string& policy) {
  Writer to("weft simulate " + what);
  Recorder(to, workload, result, to.runtime("simulated, 1 CPU, policy " + policy)).record();
  return to.bytes();
}

}  // namespace weft::labs::simulate
