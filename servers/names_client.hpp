// SPDX-License-Identifier: BSL-1.0
// Asks a names server (names.hpp): a connection for each question, so that one that was started
// anew is noticed by nobody.
#pragma once

#include <vector>

#include "servers/endpoint.hpp"

namespace weft::servers {

/// A question on its way, for who has a poller and may not wait.
class NamesQuestion {
 public:
  enum class State { waits, answered, failed };

  /// Begins to connect; go_on() follows. `line` is without its end.
  NamesQuestion(const os::Address& server, const std::string& line);

  /// Goes on as far as it can without waiting; waits: for interest() of socket().
  State go_on();
  int socket() const { return socket_.get(); }
  std::uint32_t interest() const { return to_send_.empty() ? os::kReadable : os::kWritable; }

  /// The line that was answered, without its end. REQUIRES answered.
  const std::string& answer() const { return answer_; }
  /// Why the server could not be asked. REQUIRES failed.
  const std::string& why() const { return why_; }

 private:
  State fail(int error);

  os::Fd socket_;
  std::string to_send_;
  std::string answer_, why_;
};

/// Asks and blocks until there is an answer, for at most `patience`. False, and the reason in
/// `answer`, if none comes.
bool ask_names(const os::Address& server, const std::string& line, os::Nanos patience,
               std::string& answer);

/// The endpoints in the answer to a lookup; none of an error.
std::vector<os::Address> endpoints_in(std::string_view answer);

}  // namespace weft::servers
