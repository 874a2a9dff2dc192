// SPDX-License-Identifier: BSL-1.0
#include "labs/bench/servers/clients.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "labs/load/arrivals.hpp"
#include "lwp/os/socket_options.hpp"

namespace weft::labs::bench {
namespace {

constexpr os::Nanos kPatience = 10 * os::kSecond;

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::generic_category().message(error));
}

os::Fd connected(const os::Address& server) {
  auto socket = os::connect(server);
  if (!socket) fail("no connection", socket.error());
  if (!os::wait_ready(socket->get(), os::kWritable, os::now() + kPatience))
    fail("no connection", ETIMEDOUT);
  if (int error = os::socket_error(socket->get())) fail("no connection", error);
  return std::move(*socket);
}

}  // namespace

Question echo_question(std::size_t bytes) {
  return {std::string(bytes, 'x'), bytes};
}

Question file_question(const os::Address& server, const std::string& path,
                       const std::string& expected) {
  Question question{"GET /" + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 0};
  const os::Fd socket = connected(server);
  (void)os::send(socket.get(), std::as_bytes(std::span(question.request))).error();
  std::string answer;
  std::array<std::byte, 16 * 1024> buffer;
  std::size_t head = 0;
  while (head == 0 || answer.size() < head + expected.size()) {
    if (!os::wait_ready(socket.get(), os::kReadable, os::now() + kPatience)) break;
    auto got = os::receive(socket.get(), buffer);
    if (!got || *got == 0) break;
    answer.append(reinterpret_cast<const char*>(buffer.data()), *got);
    if (auto end = answer.find("\r\n\r\n"); head == 0 && end != answer.npos) head = end + 4;
  }
  if (!answer.starts_with("HTTP/1.1 200 ") || answer.substr(head) != expected)
    throw std::runtime_error("its answer is not the file: " + answer.substr(0, answer.find('\r')));
  question.answer_bytes = answer.size();
  return question;
}

Clients::Clients(const os::Address& server, const Question& question, int connections)
    : question_(question), clients_(static_cast<std::size_t>(connections)) {
  for (Client& client : clients_) {
    client.socket = connected(server);
    if (!poller_.add(client.socket.get(), os::kReadable, os::Poller::Trigger::edge, &client))
      fail("no connection", ENOSPC);
  }
}

void Clients::send(Client& client) {
  auto sent = os::send(client.socket.get(), std::as_bytes(std::span(question_.request)));
  if (!sent || *sent < question_.request.size()) fail("not sent", sent ? EAGAIN : sent.error());
  client.left = question_.answer_bytes;
}

bool Clients::has_answer(Client& client) {
  auto got = os::discard(client.socket.get(), client.left);
  if (!got && got.error() == EAGAIN) return false;
  if (!got || *got == 0) fail("no answer", got ? ECONNRESET : got.error());
  client.left -= *got;
  return client.left == 0;
}

void Clients::ask(long requests) {
  long sent = 0;
  for (auto client = clients_.begin(); client != clients_.end() && sent < requests; ++client) {
    send(*client);
    ++sent;
  }
  std::array<os::Poller::Ready, 64> ready;
  for (long answered = 0; answered < requests;) {
    const std::size_t n = poller_.wait(ready, os::now() + kPatience);
    if (n == 0) fail("no answer", ETIMEDOUT);
    for (std::size_t i = 0; i < n; ++i) {
      auto& client = *static_cast<Client*>(ready[i].tag);
      if (!has_answer(client)) continue;
      ++answered;
      if (sent == requests) continue;
      send(client);
      ++sent;
    }
  }
}

Times Clients::ask(long requests, double rate) {
  Times times;
  std::vector<Client*> free;
  for (Client& client : clients_) free.push_back(&client);
  std::array<os::Poller::Ready, 64> ready;
  load::Arrivals arrivals(os::now(), rate, true, 1);
  os::Nanos progress = os::now();
  os::Nanos starved = progress;  // until then no client was free
  for (long sent = 0, answered = 0; answered < requests;) {
    const os::Nanos now = os::now();
    for (; sent < requests && !free.empty() && arrivals.next() <= now; arrivals.step(), ++sent) {
      free.back()->intended = arrivals.next();
      times.late.record(now - std::max(arrivals.next(), starved));
      send(*free.back());
      free.pop_back();
    }
    if (free.empty()) starved = now;
    const std::size_t n = poller_.wait(ready, 0);
    if (n > 0) progress = now;
    if (now - progress > kPatience) fail("no answer", ETIMEDOUT);
    for (std::size_t i = 0; i < n; ++i) {
      auto& client = *static_cast<Client*>(ready[i].tag);
      if (!has_answer(client)) continue;
      times.answered.record(os::now() - client.intended);
      free.push_back(&client);
      ++answered;
    }
  }
  return times;
}

}  // namespace weft::labs::bench
