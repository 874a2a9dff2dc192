// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace lab {

int answer();  ///< 42
int asked();   ///< how often it was called

}  // namespace lab
