// SPDX-License-Identifier: BSL-1.0
// Who serves under which name, each for the time of a lease: what is not renewed vanishes, so a
// server that died need not say so. (C. Gray and D. Cheriton, "Leases: An Efficient Fault-Tolerant
// Mechanism for Distributed File Cache Consistency", SOSP 1989.)
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "servers/spin_lock.hpp"

namespace weft::servers {

namespace os = lwp::os;

/// Entries are "NAME HOST:PORT", with no other blank: so those of a name stand together, and what a
/// client typed is looked for as it is, without a copy. Used from many kernel threads at once.
class LeaseTable {
 public:
  struct Limits {
    std::size_t entries = 1024;
    std::size_t of_one_name = 16;
  };
  enum class Put { done, table_full, name_full };

  LeaseTable(const Limits& limits, std::function<os::Nanos()> clock)
      : limits_(limits), clock_(std::move(clock)) {}

  /// Registers, or begins the lease anew.
  Put put(std::string_view entry, os::Nanos lease);
  void remove(std::string_view entry);
  /// Appends " HOST:PORT" for each endpoint of the name, in order. It allocates nothing where `to`
  /// has room, as does list().
  void find(std::string_view name, std::string& to);
  /// Appends "NAME HOST:PORT SECONDS\n" for up to `most` entries behind the one that `last` names,
  /// and says in `last` how far it came. False: there are no more. Those that stay all the time
  /// are told, each once.
  bool list(std::string& last, std::size_t most, std::string& to);

 private:
  using Entries = std::map<std::string, os::Nanos, std::less<>>;  // until when

  void forget_expired(os::Nanos now);
  template <class Visit>
  void each_of(std::string_view name, Visit visit);

  const Limits limits_;
  const std::function<os::Nanos()> clock_;
  SpinLock lock_;
  Entries entries_;                  // guarded by lock_
  os::Nanos next_end_ = os::kNever;  // guarded by lock_; no lease ends before
};

}  // namespace weft::servers
