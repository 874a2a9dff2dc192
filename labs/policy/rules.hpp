// SPDX-License-Identifier: BSL-1.0
// Tries a policy before a program trusts it: sequences of calls, some fixed, most random, under the
// supervisor of lwp/policy_check.hpp. The first sequence that breaks a rule is made as short as it
// can be and told as a story.
//
//   ready(A, created)
//   ready(B, created)
//   next() returns A
//   next() returns nothing
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lwp/policy_check.hpp"

namespace weft::labs {

struct BrokenRule {
  lwp::Rule rule;
  std::string task;                ///< the one that it is about, "" if none
  std::vector<std::string> story;  ///< the calls, in order
};

/// The first rule that the policy breaks, or nothing. `progress`, if not null, is a text that is
/// kept at the story so far, so that it outlives a policy that crashes. At most `room` bytes.
std::optional<BrokenRule> first_broken_rule(const lwp::PolicyType& type, char* progress = nullptr,
                                            std::size_t room = 0);

}  // namespace weft::labs
