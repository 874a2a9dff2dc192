// SPDX-License-Identifier: BSL-1.0
#include "lwp/policy.hpp"

#include "lwp/fifo.hpp"

namespace weft::lwp {

std::vector<std::string> policy_names() {
  return {"fifo"};
}

std::unique_ptr<Policy> make_policy(std::string_view name) {
  if (name == "fifo") return std::make_unique<Fifo>();
  return nullptr;
}

}  // namespace weft::lwp
