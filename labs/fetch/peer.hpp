// SPDX-License-Identifier: BSL-1.0
// A server, asked one thing after the other over a connection that is made anew when it breaks.
#pragma once

#include <string>
#include <string_view>

#include "labs/load/url.hpp"

namespace weft::labs::fetch {

struct Response {
  int status = 0;
  std::string head;  ///< status line and fields
  std::string body;
  /// A field's value; "" if it has none such.
  std::string field(std::string_view name) const;
};

class Peer {
 public:
  explicit Peer(const load::Url& url) : url_(url) {}
  /// An error says that the server cannot be reached, or that its answer did not come whole. It may
  /// have done what it was asked. `fields` are whole lines.
  lwp::Result<Response> ask(std::string_view method, const std::string& target,
                            const std::string& fields);

 private:
  lwp::Result<Response> exchange(std::string_view request);
  int dial();
  int send(std::string_view text);

  const load::Url url_;
  lwp::os::Fd fd_;
};

}  // namespace weft::labs::fetch
