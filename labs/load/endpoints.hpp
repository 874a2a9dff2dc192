// SPDX-License-Identifier: BSL-1.0
// The servers that a run may ask, all for the same things. Connections take them in turn. One that
// has failed rests for a second, so that a dead server costs one request a second its time and not
// every other request.
#pragma once

#include <vector>

#include "lwp/os.hpp"

namespace weft::labs::load {

class Endpoints {
 public:
  using Address = lwp::os::Address;
  using Nanos = lwp::os::Nanos;

  /// REQUIRES at least one.
  explicit Endpoints(const std::vector<Address>& all) { replace(all); }

  /// For the next connection: if all rest, the one that has rested longest.
  const Address& choose();
  void failed(const Address& endpoint, Nanos t);
  /// How many there are but for that one.
  std::size_t others(const Address& endpoint) const;
  /// They are others now; those that stay rest on. Of none nothing changes.
  void replace(const std::vector<Address>& all);

 private:
  struct Endpoint {
    Address address;
    Nanos failed_at;  // kNeverFailed, or when it last has
  };
  static constexpr Nanos kNeverFailed = 0;

  std::vector<Endpoint> all_;
  std::size_t next_ = 0;
};

}  // namespace weft::labs::load
