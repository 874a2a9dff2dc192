// SPDX-License-Identifier: BSL-1.0
#include "servers/file/partition.hpp"

namespace weft::servers::file {
namespace {

// FNV-1a: G. Fowler, L. C. Noll, K.-P. Vo.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

// Every bit of the input changes every bit of the result (the end of splitmix64, S. Vigna).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// "h:80" and "[::1]:80" without their port.
std::string_view host_of(std::string_view authority) {
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  if (colon == authority.npos || (bracket != authority.npos && colon < bracket)) return authority;
  return authority.substr(0, colon);
}

}  // namespace

std::size_t Partition::owner(std::string_view name) const {
  const std::uint64_t h = hash(name);
  std::size_t best = 0;
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::uint64_t drawn = mix(h + mix(i + 1));
    if (drawn >= highest) {
      highest = drawn;
      best = i;
    }
  }
  return best;
}

std::string Partition::authority(std::size_t server, std::string_view asked) const {
  std::string out(host_of(asked));
  if (out.empty()) out = host.find(':') == host.npos ? host : "[" + host + "]";
  return out + ":" + std::to_string(ports.at(server));
}

}  // namespace weft::servers::file
