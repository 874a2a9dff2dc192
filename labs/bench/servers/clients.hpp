// SPDX-License-Identifier: BSL-1.0
// Clients that ask one server for one thing, from one thread, and do as little as clients can: they
// have to keep a server's core busy from a core of their own. Answers are counted, not read: the
// kernel drops their bytes (os::discard). What an answer is was learnt from a first one, whole.
// weft load does not assume so much, and is no match for a server that does nothing but echo.
#pragma once

#include <string>
#include <vector>

#include "labs/load/histogram.hpp"
#include "lwp/os.hpp"

namespace weft::labs::bench {

namespace os = lwp::os;

/// What is asked for, again and again, and how long an answer is.
struct Question {
  std::string request;
  std::size_t answer_bytes = 0;
};
/// That echoes `bytes`.
Question echo_question(std::size_t bytes);
/// A file of a server of HTTP. Asks once, to learn how long the answer is; throws
/// std::runtime_error if it is not 200 with the bytes `expected`.
Question file_question(const os::Address& server, const std::string& path,
                       const std::string& expected);

/// Of an open loop.
struct Times {
  load::Histogram answered;  ///< from when a request was meant to be sent
  load::Histogram late;      ///< sent later than it could have been: the clients' own fault
  void merge(const Times& more) {
    answered.merge(more.answered);
    late.merge(more.late);
  }
};

class Clients {
 public:
  /// Connects. Throws std::runtime_error, as do all, if the server does not do its part.
  Clients(const os::Address& server, const Question& question, int connections);
  Clients(const Clients&) = delete;

  /// Closed loop: each asks again when it has its answer, until so many have been answered.
  void ask(long requests);
  /// Open loop: requests come as a Poisson process, `rate` a second on average, whether or not
  /// earlier ones have been answered. It does not sleep: to be woken takes longer than many an
  /// answer.
  Times ask(long requests, double rate);

 private:
  struct Client {
    os::Fd socket;
    std::size_t left = 0;    // of its answer
    os::Nanos intended = 0;  // open loop
  };
  void send(Client& client);
  bool has_answer(Client& client);

  const Question& question_;
  std::vector<Client> clients_;
  os::Poller poller_;
};

}  // namespace weft::labs::bench
