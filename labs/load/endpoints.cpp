// SPDX-License-Identifier: BSL-1.0
#include "labs/load/endpoints.hpp"

#include <algorithm>

namespace weft::labs::load {
namespace {

constexpr lwp::os::Nanos kEndpointRests = lwp::os::kSecond;

bool same(const Endpoints::Address& a, const Endpoints::Address& b) {
  return a.port == b.port && a.host == b.host;
}

}  // namespace

const Endpoints::Address& Endpoints::choose() {
  if (all_.size() == 1) return all_[0].address;
  const Nanos t = lwp::os::now();
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const Endpoint& e = all_[next_++ % all_.size()];
    if (e.failed_at == kNeverFailed || t - e.failed_at >= kEndpointRests) return e.address;
  }
  return std::ranges::min_element(all_, {}, &Endpoint::failed_at)->address;
}

void Endpoints::failed(const Address& endpoint, Nanos t) {
  for (Endpoint& e : all_)
    if (same(e.address, endpoint)) e.failed_at = t;
}

std::size_t Endpoints::others(const Address& endpoint) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(all_, [&](const Endpoint& e) { return !same(e.address, endpoint); }));
}

void Endpoints::replace(const std::vector<Address>& all) {
  if (all.empty()) return;
  std::vector<Endpoint> now;
  for (const Address& address : all) {
    const auto known =
        std::ranges::find_if(all_, [&](const Endpoint& e) { return same(e.address, address); });
    now.push_back({address, known == all_.end() ? kNeverFailed : known->failed_at});
  }
  all_ = std::move(now);
}

}  // namespace weft::labs::load
