// SPDX-License-Identifier: BSL-1.0
// Changes to the tree of files below a root, each whole or not at all, whatever ends the process or
// the machine in between, and durable when it is reported done:
//
//   publish   temporary file, fsync ──► lock folder ──► condition? ──► rename ──► fsync folder
//   remove    lock folder ──► condition? ──► unlink, or rename the tree away ──► fsync folder
//   copy      copy under a temporary name ──► lock folder ──► rename ──► fsync folder
//   move      lock both folders ──► rename ──► fsync both
//
// The lock is the folder's own (flock): it holds between all processes that change the tree by
// these functions, and goes with a process that dies. So of two that change one version of a file,
// each on the condition that it is still that version, one fails.
//
// Temporary names begin with kTemporary and are nobody's to see. Who makes one holds its lock, so a
// server that starts can tell what a crash has left from what another server works on.
#pragma once

#include <string_view>

#include "servers/disk_work.hpp"

namespace weft::servers {

inline constexpr std::string_view kTemporary = ".weft-temporary-";

/// A part of `path` is the name of a temporary file.
bool leads_to_temporary(std::string_view path);

/// Does any work on the calling kernel thread. A read is taken to be of bytes at hand.
Result<DiskDone> carry_out(const DiskWork& work);

/// Removes temporary files and trees that a crash has left anywhere below the root.
void remove_stale(int root);

}  // namespace weft::servers
