// SPDX-License-Identifier: BSL-1.0
#include "labs/load/slow_readers.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "lwp/os/socket_options.hpp"

namespace weft::labs::load {

using namespace lwp::os;

namespace {

constexpr Nanos kTurn = 100 * kMillisecond;
// What the kernel buffers for a client hides from the server how slowly it reads.
constexpr int kReceiveBuffer = 4096;

}  // namespace

SlowReaders::SlowReaders(const Address& target, int count, double bytes_per_second,
                         std::function<std::string_view()> next_request)
    : target_(target),
      next_request_(std::move(next_request)),
      clients_(static_cast<std::size_t>(count)) {
  // Less than a byte a tick: the ticks are farther apart.
  const double each = std::max(1.0, bytes_per_second * static_cast<double>(kTurn) / 1e9);
  sip_.resize(static_cast<std::size_t>(each));
  between_ = static_cast<Nanos>(std::floor(each) * 1e9 / bytes_per_second);
}

void SlowReaders::tick(Nanos t) {
  if (t < next_) return;
  next_ = t + between_;
  for (auto& c : clients_) step(c);
}

void SlowReaders::step(Client& c) {
  if (!c.fd) {
    auto fd = connect(target_);
    if (!fd) return;
    c.fd = std::move(*fd);
    limit_receive_buffer(c.fd.get(), kReceiveBuffer);
    c.request = next_request_();
    c.answer = ResponseReader(c.request.starts_with("HEAD "));
  }
  while (!c.request.empty()) {
    auto n = send(c.fd.get(), std::as_bytes(std::span(c.request)));
    if (!n && n.error() == EAGAIN) return;
    if (!n) return again(c, true);
    c.request.remove_prefix(*n);
  }
  auto n = receive(c.fd.get(), sip_);
  if (!n && n.error() == EAGAIN) return;
  if (!n) return again(c, true);
  counts_.bytes += *n;
  const auto state =
      *n == 0 ? c.answer.end() : c.answer.feed({reinterpret_cast<const char*>(sip_.data()), *n});
  if (state == ResponseReader::State::more) return;
  again(c, state == ResponseReader::State::malformed);
}

void SlowReaders::again(Client& c, bool dropped) {
  c.fd.reset();
  ++(dropped ? counts_.dropped : counts_.answers);
}

}  // namespace weft::labs::load
