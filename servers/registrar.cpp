// SPDX-License-Identifier: BSL-1.0
#include "servers/registrar.hpp"

#include <array>
#include <utility>

#include "lwp/os/addresses.hpp"
#include "servers/layouts/back_off.hpp"
#include "servers/names_client.hpp"

namespace weft::servers {
namespace {

constexpr os::Nanos kPatience = os::kSecond;  // for the names server to answer

}  // namespace

std::optional<Registration> parse_registration(const std::string& text, int seconds, Refusal& why) {
  const auto at = text.find('@');
  const auto names = at == text.npos ? std::nullopt : parse_endpoint(text.substr(at + 1));
  if (!names || !is_endpoint_name(text.substr(0, at))) {
    why = {"--register '" + text +
           "' is not NAME@HOST:PORT, the server's name and where a names server listens. As in: "
           "--register web@127.0.0.1:7000"};
    return std::nullopt;
  }
  return Registration{text.substr(0, at), *names, {}, seconds};
}

os::Address endpoint_of(const os::Address& listens, const os::Address& names) {
  if (listens.host != "0.0.0.0" && listens.host != "::") return listens;
  auto host = os::host_towards(names.host);
  return {host ? *host : names.host, listens.port};
}

void unregister(const Registration& what) {
  std::string answer;  // without one the lease ends by itself
  (void)ask_names(what.names, "unregister " + what.name + ' ' + text_of(what.endpoint), kPatience,
                  answer);
}

Registrar::Registrar(Registration what, Endpoint endpoint,
                     std::function<void(const std::string&)> say)
    : what_(std::move(what)), endpoint_(endpoint), say_(std::move(say)) {
  (void)poller_.add(bell_.fd(), os::kReadable, os::Poller::Trigger::level, &bell_).error();
  thread_ = os::Thread("registrar", [this] { keep_registered(); });
}

Registrar::~Registrar() {
  leave();
  thread_.join();
}

void Registrar::leave() {
  leaving_.store(true, lwp::memory_order_release);
  bell_.ring();
}

void Registrar::keep_registered() {
  os::not_metered();
  const os::Nanos renewal = what_.seconds * os::kSecond / 3;
  const BackOff::Times pauses{.longest = renewal};
  BackOff back_off(pauses);
  std::array<os::Poller::Ready, 1> rung;
  while (!leaving_.load(lwp::memory_order_acquire)) {
    const bool known = renew();
    if (known) back_off = BackOff(pauses);
    poller_.wait(rung, os::now() + (known ? renewal : back_off.after(0)));
  }
  if (endpoint_ == Endpoint::own) unregister(what_);
}

bool Registrar::renew() {
  const std::string where = "the names server " + text_of(what_.names);
  std::string answer;
  const bool answers = ask_names(what_.names,
                                 "register " + what_.name + ' ' + text_of(what_.endpoint) + ' ' +
                                     std::to_string(what_.seconds),
                                 kPatience, answer);
  if (answers && answer == "ok") {
    if (std::exchange(troubled_, false))
      say_(where + " answers: it knows this server as " + what_.name);
    return true;
  }
  if (!std::exchange(troubled_, true)) {
    say_(where + (answers ? " does not take " + what_.name : " does not answer") + " (" + answer +
         "). This server serves on, but nobody finds it by its name; it is tried again. Is one "
         "there? weft serve --service names --port " +
         std::to_string(what_.names.port));
  }
  return false;
}

}  // namespace weft::servers
