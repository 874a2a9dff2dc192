// SPDX-License-Identifier: BSL-1.0
// A small HTTP server for the people at this machine: on loopback only, and only for who knows its
// token. It runs on a kernel thread of its own, outside every pool, so that it answers while all
// LWPs are stuck.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

namespace weft::labs::dashboard {

struct Request {
  std::string method;  ///< "GET", "POST"
  std::string path;    ///< without what follows a "?"
  std::string body;
  std::map<std::string, std::string> query;  ///< what follows, without the token
};
struct Answer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
};

class Http {
 public:
  /// Called on the server's thread, one request after the other.
  using Handler = std::function<Answer(const Request&)>;

  /// Listens on 127.0.0.1; port 0 is any free one. Or why it cannot.
  static std::variant<std::unique_ptr<Http>, std::string> open(std::uint16_t port, Handler handler);
  ~Http();  ///< Waits for a request under way.
  Http(const Http&) = delete;

  std::uint16_t port() const;
  /// What a request must have as "token=" in its query.
  const std::string& token() const;
  /// "http://127.0.0.1:8081/?token=…"
  std::string url() const;

 private:
  struct Server;
  explicit Http(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace weft::labs::dashboard
