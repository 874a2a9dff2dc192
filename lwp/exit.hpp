// SPDX-License-Identifier: BSL-1.0
// What a process's exit status means, the same for every layer and command.
#pragma once

namespace weft::lwp {

inline constexpr int kDone = 0;
inline constexpr int kNo = 1;            ///< a check, an expectation or a test said no
inline constexpr int kWrongUse = 2;      ///< the command line, or what it names
inline constexpr int kMachineLacks = 3;  ///< something this machine does not have
inline constexpr int kDeadlock = 4;
inline constexpr int kInterrupted = 130;  ///< ended by Ctrl-C, as shells write it

}  // namespace weft::lwp
