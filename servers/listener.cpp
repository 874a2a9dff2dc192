// SPDX-License-Identifier: BSL-1.0
#include "servers/listener.hpp"

#include <cerrno>
#include <system_error>

namespace weft::servers {

os::Fd listen_at(const os::Address& address, Refusal& why) {
  auto opened = os::listen(address);
  if (opened) return std::move(*opened);
  const std::string where = address.host + ":" + std::to_string(address.port);
  switch (opened.error()) {
    case EADDRINUSE:
      why = {"port " + std::to_string(address.port) + " is taken: something listens on " + where +
                 ". Let the kernel pick a free one: weft serve --port 0",
             lwp::kMachineLacks};
      break;
    case EADDRNOTAVAIL:
      why = {"no interface of this machine has the address " + address.host +
             ". For this machine only: --bind 127.0.0.1, for all: --bind 0.0.0.0"};
      break;
    case EINVAL:
      why = {"--bind '" + address.host + "' is no IPv4 or IPv6 address, such as 127.0.0.1 or ::1"};
      break;
    case EACCES:
      why = {"port " + std::to_string(address.port) +
             " is reserved for root. Take one above 1023: weft serve --port 8080"};
      break;
    default:
      why = {"cannot listen on " + where + ": " + std::generic_category().message(opened.error()) +
                 ". Let the kernel pick a port: weft serve --port 0",
             lwp::kMachineLacks};
  }
  return {};
}

os::Fd given_listener(Refusal& why) {
  const int given = os::given_sockets();
  if (given == 0) return {};
  if (given > 1) {
    why = {"LISTEN_FDS gives " + std::to_string(given) +
           " sockets; a server takes one. Give it a unit of one ListenStream"};
    return {};
  }
  auto socket = os::take_given_socket();
  if (socket) return std::move(*socket);
  why = {
      "LISTEN_FDS gives descriptor 3, which is no listening TCP socket. A unit with "
      "ListenStream=8080 and Accept=no gives one"};
  return {};
}

}  // namespace weft::servers
