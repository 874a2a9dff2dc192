// SPDX-License-Identifier: BSL-1.0
// The policies there are, by name: those of lwp/policies and those that a program has loaded from
// files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lwp/policy.hpp"

namespace weft::lwp {

/// Names of the policies that come with weft.
std::vector<std::string> policy_names();
/// The one of that name; also one that was added. Thread-safe.
std::optional<PolicyType> policy_named(std::string_view name);
/// Adds one under a name, or replaces it. Thread-safe.
void add_policy(std::string name, const PolicyType& type);

/// Why the runtime cannot run that policy (what, why, what to type instead), or nothing.
std::optional<std::string> refuse_policy(std::string_view name);
/// What of that policy the runtime will leave unused, for a person to know, or nothing.
std::optional<std::string> policy_notice(std::string_view name);

}  // namespace weft::lwp
