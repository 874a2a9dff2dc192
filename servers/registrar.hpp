// SPDX-License-Identifier: BSL-1.0
// Keeps a server registered at a names server (names.hpp): its lease is renewed at a third of its
// time, so that two renewals may be lost, and given back when the server drains. A kernel thread
// of its own does it: a server whose every LWP is blocked is still there. It is not metered.
//
// The server serves whether the names server is there or not. One that does not answer is asked
// again and again (layouts/back_off.hpp), and said once; so is that it answers again.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "servers/endpoint.hpp"
#include "servers/refusal.hpp"

namespace weft::servers {

struct Registration {
  std::string name;
  os::Address names;     ///< where the names server listens
  os::Address endpoint;  ///< that is registered
  int seconds = 10;      ///< of the lease
};

/// Reads "NAME@HOST:PORT"; the endpoint is not yet known. Nothing, and why, if it is not that.
std::optional<Registration> parse_registration(const std::string& text, int seconds, Refusal& why);

/// Where others find who listens there: on all addresses (0.0.0.0, ::) it is the one by which this
/// machine reaches the names server.
os::Address endpoint_of(const os::Address& listens, const os::Address& names);

/// Gives the lease back. Blocks for a second at most.
void unregister(const Registration& what);

class Registrar {
 public:
  /// Whether the endpoint is this process's alone, or others serve it when this one ends.
  enum class Endpoint { own, shared };

  /// `say` takes a line for people, from the registrar's thread. REQUIRES that nothing is forked
  /// any more.
  Registrar(Registration what, Endpoint endpoint, std::function<void(const std::string&)> say);
  /// leave(), and waits until that is done: for a second at most.
  ~Registrar();
  /// Renews no more; an endpoint of its own is unregistered. From any thread.
  void leave();

 private:
  void keep_registered();
  bool renew();

  const Registration what_;
  const Endpoint endpoint_;
  const std::function<void(const std::string&)> say_;
  bool troubled_ = false;             // it has been said that there is no lease
  lwp::atomic<bool> leaving_{false};  // pairs with keep_registered()
  os::Poller poller_;
  os::Bell bell_;
  os::Thread thread_;
};

}  // namespace weft::servers
