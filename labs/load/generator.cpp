// SPDX-License-Identifier: BSL-1.0
#include "labs/load/generator.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "labs/load/arrivals.hpp"
#include "labs/load/connection.hpp"
#include "labs/load/window.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::labs::load {
namespace {

using namespace lwp::os;

constexpr Nanos kRest = 10 * kMillisecond;         // after a connection was refused
constexpr Nanos kTimeoutTick = 10 * kMillisecond;  // how exactly time-outs are noticed
constexpr Nanos kStarting = kSecond;               // a server may take to begin listening
constexpr Nanos kProgressTick = 200 * kMillisecond;

std::vector<Address> endpoints_of(const Plan& plan) {
  std::vector<Address> all = {plan.target};
  all.insert(all.end(), plan.also.begin(), plan.also.end());
  return all;
}

// INVARIANT: each of the `pipeline` places of a connection has a request on its way (on_way_ counts
// it), or is in free_ (open loop), or has its turn (turns_), or the run is over.
class Generator : Connection::Owner {
 public:
  explicit Generator(const Plan& plan)
      : plan_(plan),
        start_(now()),
        window_(
            start_ + plan.warm_up, plan.duration, plan.rate > 0 ? 1 : plan.whole,
            [this] { window_begins(); }, [this] { window_ends(); }),
        endpoints_(endpoints_of(plan)),
        lookup_(plan.named, poller_, endpoints_),
        shared_{*this,
                poller_,
                endpoints_,
                plan.keep_alive,
                plan.keep_alive ? plan.requests_per_connection : 1,
                buffer_},
        slow_(plan.target, plan.slow_readers, plan.slow_bytes, plan.next_request),
        thinking_(plan.seed + 1) {
    const double arrivals = plan.session > 0 ? plan.rate / plan.session : plan.rate;
    if (plan.rate > 0) arrivals_.emplace(start_, arrivals, plan.poisson, plan.seed);
  }

  Outcome run() {
    exact_timers();
    if (plan_.recorded) recorded_.emplace("client");
    if (plan_.stop_fd >= 0)
      (void)poller_.add(plan_.stop_fd, kReadable, Poller::Trigger::level, &stop_tag_).error();
    for (int i = 0; i < plan_.connections && !open(); ++i) {
      Connection& c = fresh();
      for (int place = 0; place < plan_.pipeline; ++place) turns_.push({start_, &c});
    }
    lookup_.ask(start_);
    std::vector<Poller::Ready> ready(64);
    while (true) {
      begin_due(now());
      if (out_.interrupted || out_.unreachable) break;
      if (window_.ended() && on_way_ == 0 && backlog_.empty() && !turn_is_due()) break;
      if (recorded_) recorded_->idle(true);
      std::size_t n = poller_.wait(ready, next_deadline());
      if (recorded_) recorded_->idle(false);
      for (std::size_t i = 0; i < n; ++i) {
        if (ready[i].tag == &stop_tag_)
          out_.interrupted = true;
        else if (ready[i].tag == &lookup_)
          lookup_.ready();
        else
          static_cast<Connection*>(ready[i].tag)->ready();
      }
      look(now());
    }
    window_.cut(now());
    out_.window = window_.length();
    out_.availability = outages_.within(window_.begins(), window_.ends());
    out_.slow = slow_.counts();
    return std::move(out_);
  }

 private:
  bool open() const { return arrivals_.has_value(); }
  bool partly_open() const { return plan_.session > 0; }

  // When a client, or a session, sends its next request.
  struct Turn {
    Nanos at;
    Connection* connection;
    bool operator>(const Turn& other) const { return at > other.at; }
  };
  // After the window's end only what was meant in it is due.
  bool turn_is_due() const {
    return !turns_.empty() && (!window_.ended() || (open() && window_.plans(turns_.top().at)));
  }

  void window_begins() {
    out_.own_cpu = -thread_cpu();
    if (plan_.window_begins) plan_.window_begins();
  }
  void window_ends() {
    out_.own_cpu += thread_cpu();
    if (plan_.window_ends) plan_.window_ends();
  }

  Nanos next_deadline() {
    Nanos at = std::min(window_.next_look(), slow_.next());
    if (plan_.progress) at = std::min(at, next_progress_);
    if (on_way_ > 0 || !backlog_.empty()) at = std::min(at, next_timeout_look_);
    if (turn_is_due()) at = std::min(at, turns_.top().at);
    if (open() && !window_.ended()) at = std::min(at, arrivals_->next());
    return at;
  }

  void look(Nanos t) {
    window_.look(t);
    slow_.tick(t);
    if (t >= next_timeout_look_) notice_timeouts(t);
    if (plan_.progress && t >= next_progress_) {
      next_progress_ = t + kProgressTick;
      plan_.progress(t - start_);
    }
  }

  void begin_due(Nanos t) {
    // After the window's end what was meant in it is still due, if this thread is late itself.
    if (open()) {
      for (Nanos at; (at = arrivals_->next()) <= t; arrivals_->step()) {
        bool planned = window_.plans(at);
        if (window_.ended() && !planned) break;
        backlog_.push_back({at, t});
        if (planned) ++out_.offered;
      }
    }
    // What was meant in the window goes out, even if late.
    while (!backlog_.empty()) {
      Connection* c = free_connection();
      if (!c) break;
      const Waiting w = backlog_.front();
      backlog_.pop_front();
      const bool starved = w.noticed < t;  // it found no free connection then
      if (starved && window_.plans(w.intended)) ++out_.starved;
      begin(*c, w.intended, starved ? w.noticed : now());
    }
    // Only those that are due now: one that is answered at once takes its turn in the next round.
    while (turn_is_due() && turns_.top().at <= t) {
      const Turn turn = turns_.top();
      turns_.pop();
      begin(*turn.connection, turn.at, now());
    }
  }

  // `able`: when this program was able to send it.
  void begin(Connection& c, Nanos intended, Nanos able) {
    if (open() ? window_.plans(intended) : window_.measuring()) out_.lag.record(able - intended);
    ++on_way_;
    const Nanos t = now();
    c.begin({plan_.next_request(), intended, t, t + plan_.timeout});
  }

  void notice_timeouts(Nanos t) {
    next_timeout_look_ = t + kTimeoutTick;
    for (auto& c : all_) c->expire(t);
    // Intentions that could not even be sent in time have failed as their senders would see it.
    for (; !backlog_.empty() && backlog_.front().intended + plan_.timeout <= t;
         backlog_.pop_front()) {
      const Nanos intended = backlog_.front().intended;
      count(Failure::timed_out, "time-out: not even sent");
      outages_.failed(intended);
      if (!window_.plans(intended)) continue;
      ++out_.lost;
      ++out_.timed_out;
      out_.latency.record(plan_.timeout);
    }
  }

  Connection& fresh() {
    all_.push_back(std::make_unique<Connection>(shared_));
    return *all_.back();
  }
  Connection* free_connection() {
    if (free_.empty()) {
      if (all_.size() >= static_cast<std::size_t>(plan_.connections)) return nullptr;
      Connection& c = fresh();
      free_.insert(free_.end(), static_cast<std::size_t>(plan_.pipeline), &c);
    }
    Connection* c = free_.back();
    free_.pop_back();
    return c;
  }

  // ---- what connections tell -----------------------------------------------------------------

  void reached() override { reached_ = true; }

  void endpoint_failed(const Address& endpoint) override {
    const Nanos t = now();
    endpoints_.failed(endpoint, t);
    lookup_.ask(t);
  }

  void answered(Connection& c, const Exchange& e, const ResponseReader& answer) override {
    const Nanos t = now();
    const bool came = open() ? window_.plans(t) : window_.measuring();
    if (came) {
      ++out_.came;
      out_.bytes += answer.bytes();
    }
    if (open() ? window_.plans(e.intended) : came) {
      ++out_.answered;
      out_.latency.record(t - e.intended);
      out_.service.record(t - e.begun);
    }
    if (e.failed_on > 0) ++out_.failed_over;
    outages_.good(t);
    window_.answered(++answers_, t);
    place_is_free(c, t, true);
  }

  void failed(Connection& c, const Exchange& e, Failure f, std::string_view what,
              int error) override {
    const Nanos t = now();
    if (f == Failure::connect) {
      if (out_.first_connect_error == 0) out_.first_connect_error = error;
      if (!reached_ && t - start_ >= kStarting) out_.unreachable = true;
    }
    if (open() ? window_.plans(e.intended) : window_.measuring()) {
      ++out_.lost;
      if (f == Failure::timed_out) {
        ++out_.timed_out;
        out_.latency.record(e.deadline - e.intended);
        out_.service.record(e.deadline - e.begun);
      }
    }
    outages_.failed(e.intended);
    if (out_.first_failure.empty())
      count(f, std::string(what.empty() ? name(f) : what) + " for " + target_of(e.request));
    else
      count(f, {});
    // Nobody listens: a closed loop would knock as fast as it can.
    place_is_free(c, f == Failure::connect && !open() ? t + kRest : t, false);
  }

  void place_is_free(Connection& c, Nanos t, bool went_well) {
    --on_way_;
    const bool stays = !open() || (partly_open() && went_well && session_goes_on());
    if (!stays) return free_.push_back(&c);
    const Nanos at = t + plan_.think.draw(thinking_);
    if (open() && window_.plans(at)) ++out_.offered;
    turns_.push({at, &c});
  }
  // A coin after each answer makes their number geometric.
  bool session_goes_on() { return thinking_.unit() > 1 / plan_.session; }

  void count(Failure f, std::string_view what) {
    if (out_.first_failure.empty()) out_.first_failure = what;
    ++out_.failed[static_cast<std::size_t>(f)];
  }
  // "GET /x HTTP/1.1…" asks for /x.
  static std::string target_of(std::string_view request) {
    request.remove_prefix(std::min(request.find(' ') + 1, request.size()));
    return std::string(request.substr(0, request.find(' ')));
  }

  struct Waiting {
    Nanos intended;
    Nanos noticed;  // when this thread came to it
  };

  std::optional<lwp::trace::Alone> recorded_;
  const Plan& plan_;
  Nanos start_;
  Window window_;
  std::optional<Arrivals> arrivals_;  // of the open loops
  Poller poller_;
  char stop_tag_ = 0;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(64 * 1024);
  Endpoints endpoints_;
  Lookup lookup_;
  Connection::Shared shared_;
  SlowReaders slow_;
  Random thinking_;
  std::vector<std::unique_ptr<Connection>> all_;
  std::vector<Connection*> free_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  std::deque<Waiting> backlog_;  // not yet sent
  int on_way_ = 0;
  bool reached_ = false;  // a connection was made
  std::uint64_t answers_ = 0;
  Nanos next_timeout_look_ = 0, next_progress_ = 0;
  Outages outages_;
  Outcome out_;
};

}  // namespace

std::uint64_t Outcome::failures() const {
  std::uint64_t sum = 0;
  for (auto n : failed) sum += n;
  return sum;
}
double Outcome::rps() const {
  return window > 0 ? static_cast<double>(came) * 1e9 / static_cast<double>(window) : 0;
}
bool Outcome::kept_up() const {
  // A few are under way at either end of the window.
  return static_cast<double>(came) + 5 >= 0.95 * static_cast<double>(offered);
}
double Outcome::success() const {
  const auto all = static_cast<double>(answered + lost);
  return all > 0 ? static_cast<double>(answered) / all : 1;
}

Outcome run(const Plan& plan) {
  return Generator(plan).run();
}

}  // namespace weft::labs::load
