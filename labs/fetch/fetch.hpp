// SPDX-License-Identifier: BSL-1.0
// A file in pieces, and who remembers how far it has come:
//
//   stateless   I do: each request names its range. A server that dies in between is not missed.
//   stateful    the server does, in a cursor. When it dies nobody knows.
//   soft        both do: the server while I use it, and I tell it again when it has forgotten.
#pragma once

#include <functional>
#include <optional>

#include "labs/commands.hpp"
#include "labs/fetch/peer.hpp"

namespace weft::labs::fetch {

enum class Keeping { stateless, stateful, soft };

struct Order {
  load::Url url;
  Keeping keeping = Keeping::stateless;
  std::uint64_t piece = 64 * 1024;  ///< bytes
  int lease = 5;                    ///< seconds, of soft state
  lwp::os::Nanos pause = 0;         ///< between pieces
};

class Fetch {
 public:
  using Tell = std::function<void(const std::string&)>;
  /// `tell` hears what a person should know while it goes on.
  Fetch(const Order& order, const Say& say, Tell tell);

  /// The next piece; nothing at the end, or when why_not() says why there is none.
  std::optional<std::string> next();
  const std::optional<Refusal>& why_not() const { return why_not_; }
  std::uint64_t bytes() const { return at_; }
  int pieces() const { return number_ - 1; }

 private:
  std::optional<std::string> by_range();
  std::optional<std::string> by_cursor();
  bool open_cursor();
  /// Asks until there is an answer, or for too long.
  std::optional<Response> ask(std::string_view method, const std::string& target,
                              const std::string& fields);
  std::optional<std::string> refuse(std::string why);
  std::optional<std::string> unexpected(const Response& r);
  std::string with_query(const std::string& query) const;
  std::string if_same() const;
  std::string number() const { return std::to_string(number_); }

  const Order order_;
  const Say& say_;
  const Tell tell_;
  Peer peer_;
  int number_ = 1;  ///< of the piece that is next
  std::uint64_t at_ = 0;
  std::optional<std::uint64_t> size_;  ///< of the file, once known
  std::string tag_;                    ///< of the file as it was at first
  std::string cursor_;                 ///< "": none is open
  std::optional<Refusal> why_not_;
};

}  // namespace weft::labs::fetch
