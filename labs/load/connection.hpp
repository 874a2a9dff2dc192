// SPDX-License-Identifier: BSL-1.0
// One client's connection: sends requests, one or several ahead of their answers (pipelining), and
// reads the answers in that order. It dials when there is something to send, and again when the
// server closed a kept connection.
//
// What was begun on a connection that went away, through no fault of its own, is sent once more on
// the next one, and its clock runs on: HTTP lets a client do so where no byte of an answer came.
//
// Where there are several endpoints a request that only reads (GET, HEAD) fails over: if its
// endpoint cannot be reached, or breaks off before the answer is whole, it is sent to another one,
// to each once at most. Its clock runs on here too.
#pragma once

#include <deque>
#include <span>
#include <string_view>

#include "labs/load/endpoints.hpp"
#include "labs/load/failure.hpp"
#include "labs/load/response.hpp"
#include "lwp/os.hpp"

namespace weft::labs::load {

/// A request on its way.
struct Exchange {
  std::string_view request;
  lwp::os::Nanos intended = 0;  ///< latency counts from here
  lwp::os::Nanos begun = 0;     ///< service time counts from here
  lwp::os::Nanos deadline = 0;
  std::uint64_t flow = 0;     ///< of its span, while it is recorded
  std::size_t failed_on = 0;  ///< endpoints
};

class Connection {
 public:
  /// Whom it tells. A call may not call back into the connection, but for busy().
  class Owner {
   public:
    virtual void reached() = 0;
    virtual void answered(Connection& c, const Exchange& e, const ResponseReader& answer) = 0;
    /// `what` happened, if the class does not say it all; `error` is of a connection not made.
    virtual void failed(Connection& c, const Exchange& e, Failure f, std::string_view what,
                        int error) = 0;
    virtual void endpoint_failed(const lwp::os::Address& endpoint) = 0;

   protected:
    ~Owner() = default;
  };
  /// What all connections share.
  struct Shared {
    Owner& owner;
    lwp::os::Poller& poller;
    Endpoints& endpoints;
    bool keep_alive = false;
    int requests = 0;  ///< at most so many on one TCP connection; 0: no limit
    std::span<std::byte> buffer;
  };

  explicit Connection(const Shared& shared) : shared_(shared) {}

  void begin(const Exchange& e);
  /// The poller's word.
  void ready();
  /// Fails what is overdue.
  void expire(lwp::os::Nanos t);
  /// Requests begun and not answered.
  std::size_t busy() const { return exchanges_.size(); }

 private:
  using State = ResponseReader::State;

  void dial();
  void dial_again();
  void hang_up();
  void go_on();
  bool send_some();
  bool may_send() const;
  void receive_some();
  bool take(std::string_view bytes);
  bool answer_is_whole();
  bool fails_over(Exchange& e) const;
  void break_off(Failure f);
  void broken();
  void refused(int error);
  void lose(Failure f, std::string_view what = {}, int error = 0);
  void next_answer();
  void begin_span(Exchange& e);
  static void end_span(Exchange& e);
  void want(std::uint32_t interest);

  const Shared& shared_;
  lwp::os::Fd fd_;
  lwp::os::Address endpoint_;   // of fd_
  std::uint32_t interest_ = 0;  // registered with the poller
  bool connected_ = false;
  bool proven_ = false;             // this TCP connection has carried an answer
  int sent_requests_ = 0;           // on this TCP connection
  std::deque<Exchange> exchanges_;  // the first is answered next
  std::size_t sending_ = 0;         // which of them is being sent; those before it have been
  std::size_t sent_ = 0;            // bytes of it
  ResponseReader answer_;           // to the first
};

}  // namespace weft::labs::load
