// SPDX-License-Identifier: BSL-1.0
#include "labs/load/generator.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "fibers/trace.hpp"
#include "labs/load/arrivals.hpp"
#include "labs/load/response.hpp"
#include "labs/load/window.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::labs::load {
namespace {

using namespace lwp::os;
using State = ResponseReader::State;

constexpr Nanos kRest = 10 * kMillisecond;         // after a connection was refused
constexpr Nanos kTimeoutTick = 10 * kMillisecond;  // how exactly time-outs are noticed
constexpr Nanos kStarting = kSecond;               // a server may take to begin listening

struct Connection {
  Fd fd;
  std::uint32_t interest = 0;  // registered with the poller
  bool connected = false;
  bool used_before = false;  // has carried an answer
  bool busy = false;
  std::string_view request;
  std::size_t sent = 0;
  ResponseReader answer;
  Nanos intended = 0;  // latency counts from here
  Nanos deadline = 0;
  Nanos rests_until = 0;
  std::uint64_t requests = 0, flow = 0;  // since it was dialled; of the one that is recorded
};

class Generator {
 public:
  explicit Generator(const Plan& plan)
      : plan_(plan),
        start_(now()),
        window_(start_ + plan.warm_up, plan.duration, plan.rate > 0 ? 1 : plan.whole,
                plan.window_begins, plan.window_ends) {
    if (plan.rate > 0) arrivals_.emplace(start_, plan.rate, plan.poisson, plan.seed);
  }

  Outcome run() {
    exact_timers();
    if (plan_.recorded) recorded_.emplace("client");
    if (plan_.stop_fd >= 0)
      (void)poller_.add(plan_.stop_fd, kReadable, Poller::Trigger::level, &stop_tag_).error();
    if (!open())
      for (int i = 0; i < plan_.connections; ++i) again_.push_back(&fresh());
    std::vector<Poller::Ready> ready(64);
    while (true) {
      begin_due(now());
      if (out_.interrupted || out_.unreachable) break;
      if (window_.ended() && busy_ == 0 && backlog_.empty()) break;
      if (recorded_) recorded_->idle(true);
      std::size_t n = poller_.wait(ready, next_deadline());
      if (recorded_) recorded_->idle(false);
      for (std::size_t i = 0; i < n; ++i) {
        if (ready[i].tag == &stop_tag_)
          out_.interrupted = true;
        else
          step(*static_cast<Connection*>(ready[i].tag));
      }
      window_.look(now());
      notice_timeouts(now());
    }
    window_.cut(now());
    out_.window = window_.length();
    return std::move(out_);
  }

 private:
  bool open() const { return arrivals_.has_value(); }

  Nanos next_deadline() {
    if (!again_.empty() && !window_.ended()) return 1;
    Nanos at = window_.next_look();
    if (busy_ > 0 || !backlog_.empty()) at = std::min(at, next_timeout_look_);
    if (window_.ended()) return at;
    if (open()) at = std::min(at, arrivals_->next());
    for (const Connection* c : resting_) at = std::min(at, c->rests_until);
    return at;
  }

  // Begins what is due: in the open loop by plan, in the closed loop whoever has its answer.
  void begin_due(Nanos t) {
    // After the window's end what was meant in it is still due, if this thread is late itself.
    if (open()) {
      for (Nanos at; (at = arrivals_->next()) <= t; arrivals_->step()) {
        bool planned = window_.plans(at);
        if (window_.ended() && !planned) break;
        backlog_.push_back(at);
        if (planned) ++out_.offered;
      }
    }
    // What was meant in the window goes out, even if late.
    while (!backlog_.empty()) {
      Connection* c = free_connection();
      if (!c) break;
      Nanos intended = backlog_.front();
      backlog_.pop_front();
      begin(*c, intended);
    }
    std::erase_if(resting_, [&](Connection* c) {
      if (c->rests_until > t) return false;
      again_.push_back(c);
      return true;
    });
    // Only those that wait now: one that is answered at once takes its turn in the next round.
    for (auto left = again_.size(); left > 0 && !window_.ended(); --left) {
      Connection* c = again_.front();
      again_.pop_front();
      begin(*c, now());
    }
  }

  void notice_timeouts(Nanos t) {
    if (t < next_timeout_look_) return;
    next_timeout_look_ = t + kTimeoutTick;
    for (auto& c : all_)
      if (c->busy && c->deadline <= t) fail(*c, Failure::timed_out);
    // Intentions that could not even be sent in time have failed as their senders would see it.
    for (; !backlog_.empty() && backlog_.front() + plan_.timeout <= t; backlog_.pop_front())
      count(Failure::timed_out, "time-out: not even sent");
  }

  Connection& fresh() {
    all_.push_back(std::make_unique<Connection>());
    return *all_.back();
  }
  Connection* free_connection() {
    if (free_.empty()) return busy_ < plan_.connections ? &fresh() : nullptr;
    Connection* c = free_.back();
    free_.pop_back();
    return c;
  }

  void begin(Connection& c, Nanos intended) {
    c.busy = true;
    ++busy_;
    c.intended = intended;
    c.deadline = now() + plan_.timeout;
    c.request = plan_.next_request();
    c.sent = 0;
    c.answer = {};
    if (c.fd || dial(c)) {
      begin_span(c);
      step(c);
    }
  }
  // The server says the same of it (servers/connection.cpp).
  void begin_span(Connection& c) {
    ++c.requests;
    if (!fibers::is_recorded()) return;
    const auto port = local_port(c.fd.get());
    if (!port) return;
    c.flow = fibers::flow_of(*port, plan_.target.port, c.requests);
    fibers::begin_span("asked", c.flow);
  }
  static void end_span(Connection& c) {
    if (c.flow != 0) fibers::end_span(std::exchange(c.flow, 0));
  }

  bool dial(Connection& c) {
    c.connected = c.used_before = false;
    c.requests = 0;
    c.interest = kWritable;
    auto fd = connect(plan_.target);
    if (!fd) return refused(c, fd.error());
    c.fd = std::move(*fd);
    if (auto added = poller_.add(c.fd.get(), c.interest, Poller::Trigger::level, &c); !added) {
      return refused(c, added.error());
    }
    return true;
  }
  bool refused(Connection& c, int error) {
    if (out_.first_connect_error == 0) out_.first_connect_error = error;
    if (!reached_ && now() - start_ >= kStarting) out_.unreachable = true;
    fail(c, Failure::connect, std::generic_category().message(error));
    return false;
  }
  void hang_up(Connection& c) {
    if (c.fd) poller_.remove(c.fd.get());
    c.fd.reset();
  }
  void want(Connection& c, std::uint32_t interest) {
    if (c.interest == interest) return;
    c.interest = interest;
    (void)poller_.change(c.fd.get(), interest, Poller::Trigger::level, &c).error();
  }

  // Goes on with a connection as far as it can without waiting.
  void step(Connection& c) {
    if (!c.fd) return;               // closed while an earlier event of this batch was handled
    if (!c.busy) return hang_up(c);  // a kept connection was closed, or spoke unasked
    while (c.sent < c.request.size()) {
      auto n = send(c.fd.get(), std::as_bytes(std::span(c.request.substr(c.sent))));
      if (!n && n.error() == EAGAIN) return want(c, kWritable);
      if (!n && !c.connected) return (void)refused(c, n.error());
      if (!n) return broken(c);
      c.connected = reached_ = true;
      c.sent += *n;
    }
    want(c, kReadable);
    receive_answer(c);
  }

  void receive_answer(Connection& c) {
    while (true) {
      auto n = receive(c.fd.get(), buffer_);
      if (!n && n.error() == EAGAIN) return;
      if (!n) return broken(c);
      if (*n == 0 && c.answer.untouched()) return broken(c);
      bool ended = *n == 0;
      State state = ended ? c.answer.end()
                          : c.answer.feed({reinterpret_cast<const char*>(buffer_.data()), *n});
      if (state == State::complete) return complete(c);
      if (state == State::malformed)
        return fail(c, ended ? Failure::short_body : Failure::malformed);
    }
  }

  // The connection broke. If it had been kept alive and not a byte of the answer came, the server
  // closed it just as we sent: HTTP lets a client try again, and the clock runs on.
  void broken(Connection& c) {
    if (!c.used_before || !c.answer.untouched()) return fail(c, Failure::reset);
    hang_up(c);
    end_span(c);
    c.sent = 0;
    if (!dial(c)) return;
    begin_span(c);
    step(c);
  }

  void complete(Connection& c) {
    if (c.answer.status() >= 400) return fail(c, Failure::bad_status, c.answer.status_text());
    Nanos t = now();
    const bool came = open() ? window_.plans(t) : window_.measuring();
    if (came) {
      ++out_.came;
      out_.bytes += c.answer.bytes();
    }
    if (open() ? window_.plans(c.intended) : came) {
      ++out_.answered;
      out_.latency.record(t - c.intended);
    }
    window_.answered(++answers_, t);
    c.used_before = true;
    if (!plan_.keep_alive || !c.answer.keeps_alive()) hang_up(c);
    free(c);
  }

  // `what` happened, if the class does not say it all.
  void fail(Connection& c, Failure f, std::string_view what = {}) {
    if (out_.first_failure.empty())
      count(f, std::string(what.empty() ? name(f) : what) + " for " + target_of(c.request));
    else
      count(f, {});
    hang_up(c);
    // Nobody listens: a closed loop would knock as fast as it can.
    if (f == Failure::connect && !open()) c.rests_until = now() + kRest;
    free(c);
  }

  void count(Failure f, std::string_view what) {
    if (out_.first_failure.empty()) out_.first_failure = what;
    ++out_.failed[static_cast<std::size_t>(f)];
  }
  // "GET /x HTTP/1.1…" asks for /x.
  static std::string target_of(std::string_view request) {
    request.remove_prefix(std::min(request.find(' ') + 1, request.size()));
    return std::string(request.substr(0, request.find(' ')));
  }

  void free(Connection& c) {
    end_span(c);
    c.busy = false;
    --busy_;
    if (open())
      free_.push_back(&c);
    else if (c.rests_until > now())
      resting_.push_back(&c);
    else
      again_.push_back(&c);
  }

  std::optional<lwp::trace::Alone> recorded_;
  const Plan& plan_;
  Nanos start_;
  Window window_;
  std::optional<Arrivals> arrivals_;  // of the open loop
  Poller poller_;
  char stop_tag_ = 0;
  std::vector<std::unique_ptr<Connection>> all_;
  std::vector<Connection*> free_, resting_;
  std::deque<Connection*> again_;
  std::deque<Nanos> backlog_;  // intended, not yet sent
  std::vector<std::byte> buffer_ = std::vector<std::byte>(64 * 1024);
  int busy_ = 0;
  bool reached_ = false;  // a connection was made
  std::uint64_t answers_ = 0;
  Nanos next_timeout_look_ = 0;
  Outcome out_;
};

}  // namespace

std::string_view name(Failure f) {
  constexpr std::array<std::string_view, kFailures.size()> names = {
      "connect", "reset", "time-out", "bad status", "short body", "malformed"};
  return names[static_cast<std::size_t>(f)];
}

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

Outcome run(const Plan& plan) {
  return Generator(plan).run();
}

}  // namespace weft::labs::load
