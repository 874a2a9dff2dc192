// SPDX-License-Identifier: BSL-1.0
// A call that blocks in the kernel, as programs make them: no word to weft; or a computation. Those
// that would wait for somebody else get a helper thread that lets them wait for so long.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lwp/os.hpp"

namespace weft::labs::measure {

class Operation {
 public:
  virtual ~Operation() = default;
  /// Made ready before the measurement begins; may throw std::runtime_error with what is missing.
  virtual void prepare(lwp::os::Nanos) {}
  /// Blocks the calling kernel thread.
  virtual void block() = 0;
};

struct OperationKind {
  std::string_view name;
  std::unique_ptr<Operation> (*make)();
  bool computes = false;  ///< in user space, so that no sentinel sees it asleep
};
/// sleep, pipe, cold-file, fsync, flock, mutex, getaddrinfo, compute.
const std::vector<OperationKind>& operations();

}  // namespace weft::labs::measure
