// SPDX-License-Identifier: BSL-1.0
// What is typed of a server's limits.
#pragma once

#include <string>

#include "servers/limits.hpp"
#include "servers/refusal.hpp"

namespace CLI {
class App;
}

namespace weft::labs {

/// A size, as 512, 64K, 1M or 2G; false if it is none.
bool read_size(const std::string& text, std::uint64_t& bytes);

class LimitFlags {
 public:
  void add_to(CLI::App& sub);
  /// Into `limits`; false and why if a value is not right.
  bool read(servers::Limits& limits, servers::Refusal& why) const;
  bool queue_given() const { return queue_given_; }

 private:
  std::string request_line_ = "8K", head_ = "8K", body_ = "1G", rate_ = "500";
  int connections_ = 0, queue_ = 4096, retry_after_ = 1;
  bool queue_given_ = false;
  double head_time_ = 20, body_time_ = 60, send_time_ = 60, idle_time_ = 60, grace_ = 10;
};

}  // namespace weft::labs
