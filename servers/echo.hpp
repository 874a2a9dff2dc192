// SPDX-License-Identifier: BSL-1.0
// The echo service of RFC 862 over TCP: what comes is sent back until the peer closes. The smallest
// complete service, to read before the file service.
#pragma once

#include "servers/limits.hpp"
#include "servers/service.hpp"

namespace weft::servers {

struct EchoOptions {
  Limits limits{};
  os::Nanos cpu_per_request = 0;   ///< a request is what one receive brought
  std::size_t buffer = 16 * 1024;  ///< bytes of each connection
};

class EchoService final : public Service {
 public:
  explicit EchoService(EchoOptions options = {}) : options_(options) {}
  std::unique_ptr<Session> make_session() override;
  std::size_t session_bytes() const override;

 private:
  const EchoOptions options_;
};

}  // namespace weft::servers
