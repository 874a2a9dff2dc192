// SPDX-License-Identifier: BSL-1.0
#include "labs/fetch/peer.hpp"

#include <array>
#include <cerrno>

#include "labs/load/response.hpp"
#include "servers/file/ascii.hpp"

namespace weft::labs::fetch {
namespace {

using namespace lwp::os;

constexpr Nanos kSilence = 10 * kSecond;  // with a server that says nothing

}  // namespace

std::string Response::field(std::string_view name) const {
  for (std::string_view rest = head; !rest.empty();) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    const auto colon = line.find(':');
    if (colon == line.npos || !servers::file::same(line.substr(0, colon), name)) continue;
    const auto value = line.find_first_not_of(" \t", colon + 1);
    return value == line.npos ? "" : std::string(line.substr(value));
  }
  return "";
}

lwp::Result<Response> Peer::ask(std::string_view method, const std::string& target,
                                const std::string& fields) {
  auto response =
      exchange(std::string(method) + " " + target + " HTTP/1.1\r\nHost: " + url_.authority +
               "\r\nUser-Agent: weft-fetch\r\n" + fields + "\r\n");
  if (!response) fd_.reset();
  return response;
}

lwp::Result<Response> Peer::exchange(std::string_view request) {
  using State = load::ResponseReader::State;
  if (int error = dial()) return lwp::Result<Response>::failure(error);
  if (int error = send(request)) return lwp::Result<Response>::failure(error);
  load::ResponseReader reader;
  std::string text;
  std::array<std::byte, 64 * 1024> bytes;
  auto state = State::more;
  while (state == State::more) {
    if (!wait_ready(fd_.get(), kReadable, now() + kSilence))
      return lwp::Result<Response>::failure(ETIMEDOUT);
    const auto got = receive(fd_.get(), bytes);
    if (!got && got.error() == EAGAIN) continue;
    if (!got) return lwp::Result<Response>::failure(got.error());
    const std::string_view came(reinterpret_cast<const char*>(bytes.data()), *got);
    text += came;
    state = came.empty() ? reader.end() : reader.feed(came);
    if (came.empty() && state != State::complete) return lwp::Result<Response>::failure(ECONNRESET);
  }
  Response response{reader.status(), {}, {}};
  const auto end = std::min(text.find("\r\n\r\n"), text.size() - 4);
  response.head = text.substr(0, end);
  response.body = text.substr(end + 4);
  if (state == State::malformed || !response.field("Transfer-Encoding").empty())
    return lwp::Result<Response>::failure(EPROTO);
  if (!reader.keeps_alive()) fd_.reset();
  return response;
}

int Peer::dial() {
  if (fd_) return 0;
  auto fd = connect(url_.address);
  if (!fd) return fd.error();
  if (!wait_ready(fd->get(), kWritable, now() + kSilence)) return ETIMEDOUT;
  if (int error = socket_error(fd->get())) return error;
  fd_ = std::move(*fd);
  return 0;
}

int Peer::send(std::string_view text) {
  while (!text.empty()) {
    const auto sent = lwp::os::send(fd_.get(), std::as_bytes(std::span(text)));
    if (!sent && sent.error() != EAGAIN) return sent.error();
    if (sent) text.remove_prefix(*sent);
    if (!sent && !wait_ready(fd_.get(), kWritable, now() + kSilence)) return ETIMEDOUT;
  }
  return 0;
}

}  // namespace weft::labs::fetch
