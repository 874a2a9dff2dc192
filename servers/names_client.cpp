// SPDX-License-Identifier: BSL-1.0
#include "servers/names_client.hpp"

#include <array>
#include <cerrno>
#include <system_error>

namespace weft::servers {
namespace {

constexpr std::size_t kMostAnswer = 4096;  // bytes

}  // namespace

NamesQuestion::NamesQuestion(const os::Address& server, const std::string& line)
    : to_send_(line + '\n') {
  auto socket = os::connect(server);
  if (socket)
    socket_ = std::move(*socket);
  else
    fail(socket.error());
}

NamesQuestion::State NamesQuestion::fail(int error) {
  why_ = std::generic_category().message(error);
  return State::failed;
}

NamesQuestion::State NamesQuestion::go_on() {
  if (!socket_) return State::failed;
  while (!to_send_.empty()) {
    const auto sent = os::send(socket_.get(), std::as_bytes(std::span(to_send_)));
    if (!sent) return sent.error() == EAGAIN ? State::waits : fail(sent.error());
    to_send_.erase(0, *sent);
  }
  std::array<char, 512> came;
  while (answer_.size() < kMostAnswer) {
    const auto got = os::receive(socket_.get(), std::as_writable_bytes(std::span(came)));
    if (!got) return got.error() == EAGAIN ? State::waits : fail(got.error());
    if (*got == 0) return fail(ECONNRESET);  // its end came before that of its answer
    const std::string_view text(came.data(), *got);
    const auto end = text.find('\n');
    answer_.append(text.substr(0, end));
    if (end != text.npos) return State::answered;
  }
  return fail(EPROTO);
}

bool ask_names(const os::Address& server, const std::string& line, os::Nanos patience,
               std::string& answer) {
  NamesQuestion question(server, line);
  const os::Nanos deadline = os::now() + patience;
  auto state = question.go_on();
  for (; state == NamesQuestion::State::waits; state = question.go_on()) {
    if (os::wait_ready(question.socket(), question.interest(), deadline)) continue;
    answer = std::generic_category().message(ETIMEDOUT);
    return false;
  }
  const bool answered = state == NamesQuestion::State::answered;
  answer = answered ? question.answer() : question.why();
  return answered;
}

std::vector<os::Address> endpoints_in(std::string_view answer) {
  std::vector<os::Address> out;
  if (!answer.starts_with("ok ")) return out;
  for (auto blank = answer.find(' '); blank != answer.npos; blank = answer.find(' ')) {
    answer.remove_prefix(blank + 1);
    if (auto endpoint = parse_endpoint(answer.substr(0, answer.find(' '))))
      out.push_back(std::move(*endpoint));
  }
  return out;
}

}  // namespace weft::servers
