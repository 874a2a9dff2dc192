// SPDX-License-Identifier: BSL-1.0
#include "servers/names.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "servers/endpoint.hpp"

namespace weft::servers {
namespace {

constexpr std::size_t kPiece = 32;       // entries of a list that are sent at once
constexpr std::size_t kMostEntry = 128;  // bytes of one: its name, endpoint and seconds

class NamesSession final : public Session {
 public:
  NamesSession(const NamesOptions& options, LeaseTable& table) : options_(options), table_(table) {
    answer_.reserve(kPiece * kMostEntry);
    last_.reserve(kMostEntry);
  }

  std::span<std::byte> room() override {
    return std::as_writable_bytes(std::span(line_)).subspan(filled_);
  }
  bool in_request() const override { return filled_ > 0 || answering_; }

  void on(const Event& event, Actions& actions) override {
    switch (event.kind) {
      case Event::Kind::opened:
        filled_ = 0;
        answering_ = listing_ = ending_ = false;
        actions.deadline(options_.idle);
        actions.receive();
        break;
      case Event::Kind::received:
        filled_ += event.bytes;
        look_at_line(actions);
        break;
      case Event::Kind::turn:
        look_at_line(actions);
        break;
      case Event::Kind::sent:
        sent(actions);
        break;
      default:  // the peer has closed or been silent too long; no file is ever opened
        actions.close();
        break;
    }
  }

 private:
  void look_at_line(Actions& actions) {
    const std::string_view came(line_.data(), filled_);
    const auto end = came.find('\n');
    if (end == came.npos && filled_ < line_.size()) return actions.receive();
    answering_ = true;
    answer_.clear();
    if (end == came.npos) {
      ending_ = true;
      filled_ = 0;
      answer_ = "error a line has at most 160 bytes\n";
    } else {
      std::string_view line = came.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      obey(line);
      filled_ -= end + 1;
      std::memmove(line_.data(), line_.data() + end + 1, filled_);
    }
    if (options_.cpu_per_request > 0) actions.compute(options_.cpu_per_request);
    actions.send(as_bytes(answer_));
  }

  void sent(Actions& actions) {
    if (listing_) {
      answer_.clear();
      list_some();
      return actions.send(as_bytes(answer_));
    }
    answering_ = false;
    if (ending_) return actions.end_and_close(true);
    actions.deadline(options_.idle);
    actions.end_request(filled_ > 0);
  }

  void obey(std::string_view line) {
    std::array<std::string_view, 4> words;
    std::size_t count = 0, end = 0;
    for (std::size_t at = 0; end != line.npos; at = end + 1) {
      if (count == words.size()) return refuse_line();
      end = line.find(' ', at);
      words[count++] = line.substr(at, end - at);
    }
    const auto& [verb, name, endpoint, seconds] = words;
    if (verb == "list" && count == 1) {
      last_.clear();
      return list_some();
    }
    const bool registers = verb == "register" && count == 4;
    const bool unregisters = verb == "unregister" && count == 3;
    if (!registers && !unregisters && !(verb == "lookup" && count == 2)) return refuse_line();
    if (!is_endpoint_name(name))
      return error("a NAME has 1 to 63 letters, digits, '.', '_' and '-'");
    if (count == 2) return look_up(name);
    if (!parse_endpoint(endpoint))
      return error("HOST:PORT is an address and a port, as 127.0.0.1:8080 or [::1]:8080");
    // One blank apart, they are as the table keeps them.
    const std::string_view entry(name.data(), name.size() + 1 + endpoint.size());
    if (registers) return enter(entry, seconds);
    table_.remove(entry);
    answer_ = "ok\n";
  }

  void enter(std::string_view entry, std::string_view text) {
    int seconds = 0;
    const char* end = text.data() + text.size();
    const auto [last, bad] = std::from_chars(text.data(), end, seconds);
    if (bad != std::errc() || last != end || seconds < 1 || seconds > NamesService::kMostSeconds)
      return error("SECONDS is a whole number from 1 to 3600");
    switch (table_.put(entry, seconds * os::kSecond)) {
      case LeaseTable::Put::done:
        answer_ = "ok\n";
        break;
      case LeaseTable::Put::table_full:
        return error("the table is full");
      case LeaseTable::Put::name_full:
        return error("the name has as many endpoints as one may have");
    }
  }

  void look_up(std::string_view name) {
    answer_ = "ok";
    table_.find(name, answer_);
    if (answer_ == "ok") return error("nobody is registered under this name");
    answer_ += '\n';
  }

  void list_some() {
    listing_ = table_.list(last_, kPiece, answer_);
    if (!listing_) answer_ += "end\n";
  }

  void error(std::string_view why) { answer_.assign("error ").append(why).append("\n"); }
  void refuse_line() {
    error(
        "these can be asked: register NAME HOST:PORT SECONDS, unregister NAME HOST:PORT, "
        "lookup NAME, list");
  }

  const NamesOptions& options_;
  LeaseTable& table_;
  std::array<char, NamesService::kMostLine> line_;
  std::size_t filled_ = 0;  // bytes of line_, of the next lines too
  std::string answer_;
  std::string last_;  // entry that has been listed
  bool answering_ = false, listing_ = false, ending_ = false;
};

}  // namespace

NamesService::NamesService(const NamesOptions& options)
    : options_(options), table_(options.limits, options.clock) {}
std::unique_ptr<Session> NamesService::make_session() {
  return std::make_unique<NamesSession>(options_, table_);
}
std::size_t NamesService::session_bytes() const {
  return sizeof(NamesSession);
}

}  // namespace weft::servers
