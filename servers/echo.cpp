// SPDX-License-Identifier: BSL-1.0
#include "servers/echo.hpp"

namespace weft::servers {
namespace {

class EchoSession final : public Session {
 public:
  explicit EchoSession(const EchoOptions& options)
      : options_(options), buffer_(new std::byte[options.buffer]) {}

  std::span<std::byte> room() override { return {buffer_.get(), options_.buffer}; }
  bool in_request() const override { return answering_; }

  void on(const Event& event, Actions& actions) override {
    switch (event.kind) {
      case Event::Kind::opened:
        answering_ = false;
        actions.deadline(options_.limits.idle_time);
        actions.receive();
        break;
      case Event::Kind::received:
        answering_ = true;
        if (options_.cpu_per_request > 0) actions.compute(options_.cpu_per_request);
        actions.deadline(options_.limits.send_time);
        actions.send({buffer_.get(), event.bytes});
        break;
      case Event::Kind::sent:
        answering_ = false;
        actions.deadline(options_.limits.idle_time);
        actions.end_request(false);
        break;
      case Event::Kind::turn:
        actions.receive();
        break;
      default:  // the peer has closed or been silent too long; echo never opens a file
        actions.close();
        break;
    }
  }

 private:
  const EchoOptions& options_;
  std::unique_ptr<std::byte[]> buffer_;
  bool answering_ = false;
};

}  // namespace

std::unique_ptr<Session> EchoService::make_session() {
  return std::make_unique<EchoSession>(options_);
}
std::size_t EchoService::session_bytes() const {
  return sizeof(EchoSession);
}

}  // namespace weft::servers
