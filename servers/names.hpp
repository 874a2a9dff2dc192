// SPDX-License-Identifier: BSL-1.0
// The names service: a server says under which name it serves and where (its endpoint), a client
// asks by the name. This is the mapper of the textbook, as Sun RPC's portmapper (RFC 1833) or the
// endpoint mapper of DCE: only the mapper's own address must be known beforehand.
//
// A request is a line that a person can type into nc, and so is its answer; list has several:
//
//   register NAME HOST:PORT SECONDS   ok                       again: its lease begins anew
//   unregister NAME HOST:PORT         ok                       also if it was not there
//   lookup NAME                       ok HOST:PORT HOST:PORT…  at least one
//   list                              NAME HOST:PORT SECONDS   a line for each, what is left of it
//                                     end                      the last line
//   what cannot be done               error WHY
//
// Words are one blank apart. A name has 1 to 63 letters, digits, '.', '_' and '-'; a host is an
// address (IPv6 in brackets); a lease lasts 1 to 3600 whole seconds. A longer line than kMostLine
// is answered with an error, and the connection closes: where the next begins is not known.
//
// The table is in memory only. Servers renew their leases, so one that was started anew knows them
// all after a while (registrar.hpp).
#pragma once

#include "servers/lease_table.hpp"
#include "servers/service.hpp"

namespace weft::servers {

struct NamesOptions {
  os::Nanos cpu_per_request = 0;
  os::Nanos idle = 60 * os::kSecond;  ///< a silent peer is closed after this
  LeaseTable::Limits limits = {};
  std::function<os::Nanos()> clock = os::now;  ///< of leases
};

class NamesService final : public Service {
 public:
  static constexpr std::size_t kMostLine = 160;  ///< bytes, its end included
  static constexpr int kMostSeconds = 3600;

  explicit NamesService(const NamesOptions& options = {});
  std::unique_ptr<Session> make_session() override;
  std::size_t session_bytes() const override;

 private:
  const NamesOptions options_;
  LeaseTable table_;
};

}  // namespace weft::servers
