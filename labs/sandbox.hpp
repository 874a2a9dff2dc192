// SPDX-License-Identifier: BSL-1.0
// A command with a fence around it, for code that nobody has read: its time, memory, files and
// output are bounded, everything that it starts ends with it, and it sees no network. Made of
// timeout, prlimit and unshare, which every Linux has.
//
// What it does not do: hide files. The command reads what its user may read.
#pragma once

#include <string>
#include <vector>

namespace weft::labs {

struct Fence {
  int cpu_seconds = 20;   ///< of each process
  int wall_seconds = 60;  ///< of all
  long long memory = 4LL << 30;
  long long file = 64LL << 20;  ///< bytes of each file it writes
  int processes = 256;          ///< of the user; the superuser has no such limit
};

/// `command` inside of a fence.
std::vector<std::string> fenced(const std::vector<std::string>& command, const Fence& fence);

/// Whether this kernel lets us take the network and the other processes away (user namespaces;
/// WEFT_WITHOUT=namespaces says no). Without, the other limits hold.
bool can_isolate();

}  // namespace weft::labs
