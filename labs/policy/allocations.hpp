// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace weft::labs {

/// From now on the supervisor of policies (lwp/policy_check.hpp) sees allocations.
void count_allocations();

}  // namespace weft::labs
