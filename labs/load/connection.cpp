// SPDX-License-Identifier: BSL-1.0
#include "labs/load/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "fibers/trace.hpp"

namespace weft::labs::load {

using namespace lwp::os;

void Connection::begin(const Exchange& e) {
  exchanges_.push_back(e);
  if (exchanges_.size() == 1) next_answer();
  if (fd_)
    go_on();
  else
    dial();
}

void Connection::ready() {
  if (!fd_) return;  // closed while an earlier event of this batch was handled
  if (exchanges_.empty()) return hang_up();  // a kept connection was closed, or spoke unasked
  go_on();
}

// An answer that comes too late would be taken for the next one's, so the connection goes.
void Connection::expire(Nanos t) {
  bool lost = false;
  while (!exchanges_.empty() && exchanges_.front().deadline <= t) {
    lost = true;
    lose(Failure::timed_out);
  }
  if (lost) dial_again();
}

void Connection::dial() {
  connected_ = proven_ = false;
  sent_requests_ = 0;
  sending_ = sent_ = 0;
  for (auto& e : exchanges_) end_span(e);
  interest_ = kWritable;
  endpoint_ = shared_.endpoints.choose();
  auto fd = connect(endpoint_);
  if (!fd) return refused(fd.error());
  fd_ = std::move(*fd);
  auto added = shared_.poller.add(fd_.get(), interest_, Poller::Trigger::level, this);
  if (!added) return refused(added.error());
  go_on();
}
void Connection::dial_again() {
  hang_up();
  next_answer();
  if (!exchanges_.empty()) dial();
}
void Connection::hang_up() {
  if (fd_) shared_.poller.remove(fd_.get());
  fd_.reset();
}
void Connection::want(std::uint32_t interest) {
  if (interest_ == interest) return;
  interest_ = interest;
  (void)shared_.poller.change(fd_.get(), interest, Poller::Trigger::level, this).error();
}

// Sends and receives as far as it can without waiting.
void Connection::go_on() {
  if (!send_some()) return;
  // An answer may come while a request is still going out: to those before it, or a refusal.
  if (sending_ > 0 || sent_ > 0) receive_some();
}

bool Connection::may_send() const {
  return sending_ < exchanges_.size() &&
         (shared_.requests == 0 || sent_requests_ < shared_.requests);
}

// False if the connection is gone.
bool Connection::send_some() {
  while (may_send()) {
    const std::string_view request = exchanges_[sending_].request;
    begin_span(exchanges_[sending_]);
    auto n = send(fd_.get(), std::as_bytes(std::span(request.substr(sent_))));
    if (!n && n.error() == EAGAIN) {
      want(sending_ > 0 || connected_ ? kReadable | kWritable : kWritable);
      return true;
    }
    if (!n) {
      if (!connected_)
        refused(n.error());
      else if (sent_ > 0)
        receive_some();  // perhaps it said why it takes no more
      else
        broken();
      return false;
    }
    if (!connected_) shared_.owner.reached();
    connected_ = true;
    sent_ += *n;
    if (sent_ < request.size()) continue;
    ++sending_;
    ++sent_requests_;
    sent_ = 0;
  }
  want(kReadable);
  return true;
}

void Connection::receive_some() {
  while (true) {
    auto n = receive(fd_.get(), shared_.buffer);
    if (!n && n.error() == EAGAIN) return;
    if (!n || (*n == 0 && answer_.untouched())) return broken();
    if (*n == 0) {
      const bool whole = answer_.end() == State::complete;
      if (whole)
        answer_is_whole();
      else
        break_off(Failure::short_body);
      return dial_again();
    }
    if (!take({reinterpret_cast<const char*>(shared_.buffer.data()), *n})) return;
    if (exchanges_.empty()) return;
  }
}

// Gives bytes to the answers they belong to. False if the connection is gone.
bool Connection::take(std::string_view bytes) {
  while (!bytes.empty()) {
    State state = answer_.take(bytes);
    if (state == State::more) return true;
    // Bytes that nobody asked for spoil the answer before them.
    if (state == State::malformed || (!bytes.empty() && sending_ < 2)) {
      lose(Failure::malformed);
      dial_again();
      return false;
    }
    if (!answer_is_whole()) {
      dial_again();
      return false;
    }
  }
  return true;
}

// True if the connection can go on.
bool Connection::answer_is_whole() {
  end_span(exchanges_.front());
  const Exchange done = exchanges_.front();
  const ResponseReader answer = std::move(answer_);
  exchanges_.pop_front();
  const bool early = sending_ == 0;  // it did not wait for the whole request
  if (!early) --sending_;
  proven_ = true;
  const bool used_up = shared_.requests > 0 && sent_requests_ >= shared_.requests && sending_ == 0;
  const bool keeps = shared_.keep_alive && answer.keeps_alive() && !used_up && !early;
  next_answer();
  if (answer.status() >= 400)
    shared_.owner.failed(*this, done, Failure::bad_status, answer.status_text(), 0);
  else
    shared_.owner.answered(*this, done, answer);
  return keeps;
}

// To be asked of another endpoint, now that this one has failed it.
bool Connection::fails_over(Exchange& e) const {
  const bool reads = e.request.starts_with("GET ") || e.request.starts_with("HEAD ");
  if (!reads || e.failed_on >= shared_.endpoints.others(endpoint_)) return false;
  ++e.failed_on;
  return true;
}

// The first will not be answered here. dial_again() follows.
void Connection::break_off(Failure f) {
  shared_.owner.endpoint_failed(endpoint_);
  if (!fails_over(exchanges_.front())) lose(f);
}

// A kept connection was closed just as we sent, or the first request on it is at fault.
void Connection::broken() {
  if (!proven_ || !answer_.untouched()) break_off(Failure::reset);
  dial_again();
}

// Nobody is there: none of them can be sent. Those that fail over stay, in their order.
void Connection::refused(int error) {
  shared_.owner.endpoint_failed(endpoint_);
  const std::string what = std::generic_category().message(error);
  for (std::size_t left = exchanges_.size(); left > 0; --left) {
    if (fails_over(exchanges_.front())) {
      exchanges_.push_back(exchanges_.front());
      exchanges_.pop_front();
    } else {
      lose(Failure::connect, what, error);
    }
  }
  dial_again();
}

// The first fails.
void Connection::lose(Failure f, std::string_view what, int error) {
  end_span(exchanges_.front());
  const Exchange lost = exchanges_.front();
  exchanges_.pop_front();
  next_answer();
  shared_.owner.failed(*this, lost, f, what, error);
}

// The server says the same of it (servers/connection.cpp).
void Connection::begin_span(Exchange& e) {
  if (e.flow != 0 || !fibers::is_recorded()) return;
  const auto port = local_port(fd_.get());
  if (!port) return;
  e.flow = fibers::flow_of(*port, endpoint_.port, static_cast<std::uint64_t>(sent_requests_) + 1);
  fibers::begin_span("asked", e.flow);
}
void Connection::end_span(Exchange& e) {
  if (e.flow != 0) fibers::end_span(std::exchange(e.flow, 0));
}

void Connection::next_answer() {
  answer_ = ResponseReader(!exchanges_.empty() && exchanges_.front().request.starts_with("HEAD "));
}

}  // namespace weft::labs::load
