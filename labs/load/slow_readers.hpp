// SPDX-License-Identifier: BSL-1.0
// Clients that read slower than a server can send, beside those that are measured: they ask for the
// same things, one after the other, and take so many bytes a second. What a server holds for them
// it lacks for others.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "labs/load/response.hpp"
#include "lwp/os.hpp"

namespace weft::labs::load {

class SlowReaders {
 public:
  using Nanos = lwp::os::Nanos;
  struct Counts {
    std::uint64_t answers = 0;  ///< read to their end
    std::uint64_t dropped = 0;  ///< connections that the server closed before
    std::uint64_t bytes = 0;
  };

  SlowReaders(const lwp::os::Address& target, int count, double bytes_per_second,
              std::function<std::string_view()> next_request);

  /// Reads what is due. Call it at next().
  void tick(Nanos t);
  Nanos next() const { return clients_.empty() ? lwp::os::kNever : next_; }
  const Counts& counts() const { return counts_; }

 private:
  struct Client {
    lwp::os::Fd fd;
    std::string_view request;  // what is left of it
    ResponseReader answer;
  };
  void step(Client& c);
  void again(Client& c, bool dropped);

  lwp::os::Address target_;
  std::function<std::string_view()> next_request_;
  std::vector<Client> clients_;
  std::vector<std::byte> sip_;  // as much as is read at each tick
  Nanos between_;
  Nanos next_ = 0;
  Counts counts_;
};

}  // namespace weft::labs::load
