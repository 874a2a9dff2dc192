// SPDX-License-Identifier: BSL-1.0
#include "labs/dashboard/http.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <random>

#include "lwp/os.hpp"

namespace weft::labs::dashboard {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;

constexpr auto kPatience = std::chrono::seconds(10);  // of a connection
constexpr std::size_t kMostBody = 64 * 1024;

// 128 bits, in hexadecimal digits.
std::string new_token() {
  std::random_device entropy;
  std::string out;
  for (int i = 0; i < 32; ++i) out += "0123456789abcdef"[entropy() % 16];
  return out;
}

// As long for a wrong token as for a right one.
bool same(std::string_view a, std::string_view b) {
  unsigned different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    different |= static_cast<unsigned>(a[i] ^ b[i]);
  }
  return different == 0;
}

// "/stack?token=x&fiber=3" → fiber: 3, token: x. Nothing that a page of ours asks needs escapes.
std::map<std::string, std::string> query_of(std::string_view target) {
  std::map<std::string, std::string> out;
  auto at = target.find('?');
  while (at != target.npos) {
    target.remove_prefix(at + 1);
    at = target.find('&');
    const std::string_view one = target.substr(0, at);
    const auto equals = one.find('=');
    if (equals != one.npos) out.emplace(one.substr(0, equals), one.substr(equals + 1));
  }
  return out;
}

}  // namespace

struct Http::Server {
  Handler handler;
  std::string token = new_token();
  boost::asio::io_context io{1};
  tcp::acceptor acceptor{io};
  lwp::os::Thread thread;

  // A connection: one request and its answer, then the next.
  class Session : public std::enable_shared_from_this<Session> {
   public:
    Session(Server& server, tcp::socket socket) : server_(server), stream_(std::move(socket)) {}

    void read() {
      request_.emplace();
      request_->body_limit(kMostBody);
      stream_.expires_after(kPatience);
      http::async_read(stream_, buffer_, *request_,
                       [self = shared_from_this()](beast::error_code error, std::size_t) {
                         if (!error) self->answer();
                       });
    }

   private:
    void answer() {
      const auto& asked = request_->get();
      response_ = {};
      const Answer a = server_.answer(asked);
      response_.result(static_cast<unsigned>(a.status));
      response_.version(asked.version());
      response_.set(http::field::content_type, a.type);
      response_.set(http::field::cache_control, "no-store");
      response_.set("Referrer-Policy", "no-referrer");  // the token is in the address
      response_.set("X-Content-Type-Options", "nosniff");
      response_.keep_alive(asked.keep_alive());
      response_.body() = a.body;
      response_.prepare_payload();
      stream_.expires_after(kPatience);
      http::async_write(stream_, response_,
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (!error && self->response_.keep_alive()) self->read();
                        });
    }

    Server& server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> request_;
    http::response<http::string_body> response_;
  };

  Answer answer(const http::request<http::string_body>& asked) {
    const std::string target(asked.target());
    const std::string path = target.substr(0, target.find('?'));
    // A page of somebody else's must not reach us by a name that leads here.
    const std::string here = ":" + std::to_string(acceptor.local_endpoint().port());
    const std::string host(asked[http::field::host]);
    auto is = [&](const std::string& name) {
      return host == name + here || (here == ":80" && host == name);  // which browsers leave out
    };
    if (!is("127.0.0.1") && !is("localhost")) {
      return {421, "text/plain", "this server is 127.0.0.1" + here + "\n"};
    }
    auto query = query_of(target);
    const auto given = query.extract("token");
    if (given.empty() || !same(given.mapped(), token)) {
      return {403, "text/plain", "open the address that weft printed: it has a token\n"};
    }
    return handler({std::string(asked.method_string()), path, asked.body(), std::move(query)});
  }

  void accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == boost::asio::error::operation_aborted) return;
      if (!error) {
        lwp::os::close_on_exec(socket.native_handle());
        std::make_shared<Session>(*this, std::move(socket))->read();
      }
      accept();
    });
  }
};

Http::Http(std::unique_ptr<Server> server) : server_(std::move(server)) {}

std::variant<std::unique_ptr<Http>, std::string> Http::open(std::uint16_t port, Handler handler) {
  auto server = std::make_unique<Server>();
  server->handler = std::move(handler);
  const tcp::endpoint here(boost::asio::ip::address_v4::loopback(), port);
  beast::error_code error;
  server->acceptor.open(here.protocol(), error);
  if (!error) lwp::os::close_on_exec(server->acceptor.native_handle());
  if (!error) server->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) server->acceptor.bind(here, error);
  if (!error) server->acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return error.message();
  server->accept();
  server->thread = lwp::os::Thread("dashboard", [s = server.get()] {
    lwp::os::not_metered();
    s->io.run();
  });
  return std::unique_ptr<Http>(new Http(std::move(server)));
}

Http::~Http() {
  server_->io.stop();
  server_->thread.join();
}

std::uint16_t Http::port() const {
  return server_->acceptor.local_endpoint().port();
}
const std::string& Http::token() const {
  return server_->token;
}
std::string Http::url() const {
  return "http://127.0.0.1:" + std::to_string(port()) + "/?token=" + token();
}

}  // namespace weft::labs::dashboard
