// SPDX-License-Identifier: BSL-1.0
// A conversation with a session held in memory: no socket, no thread, no clock. It carries out the
// session's actions the way a model would, against files that exist only here or really.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "servers/service.hpp"

namespace weft::tests {

namespace os = lwp::os;
using servers::Action;
using servers::Actions;
using servers::Event;
using servers::Session;

/// Files to open and read.
class Files {
 public:
  virtual ~Files() = default;
  virtual Event open(const std::string& name) = 0;
  virtual Event read(std::span<std::byte> into, std::uint64_t offset) = 0;
};

class MemoryFiles final : public Files {
 public:
  struct File {
    std::string content;
    bool directory = false;
    int fail_open = 0;
    int fail_read_at = -1;        ///< offset from which reads fail with EIO
    std::uint64_t longer_by = 0;  ///< what its size says beyond its content
  };
  std::map<std::string, File> files;
  std::vector<std::string> opened;
  std::size_t chunk = SIZE_MAX;  ///< reads return at most this much

  Event open(const std::string& name) override {
    opened.push_back(name);
    auto found = files.find(name);
    if (found == files.end()) return {.kind = Event::Kind::failed, .error = ENOENT};
    now_ = &found->second;
    if (now_->fail_open != 0) return {.kind = Event::Kind::failed, .error = now_->fail_open};
    os::FileInfo info;
    info.size = now_->content.size() + now_->longer_by;
    info.mtime = 784111777 * os::kSecond;  // Sun, 06 Nov 1994 08:49:37 GMT
    info.inode = 0x2a;
    info.directory = now_->directory;
    info.regular = !now_->directory;
    return {.kind = Event::Kind::file_opened, .file = info};
  }
  Event read(std::span<std::byte> into, std::uint64_t offset) override {
    if (now_->fail_read_at >= 0 && offset >= static_cast<std::uint64_t>(now_->fail_read_at)) {
      return {.kind = Event::Kind::failed, .error = EIO};
    }
    std::string_view rest = now_->content;
    rest.remove_prefix(std::min<std::size_t>(offset, rest.size()));
    std::size_t n = std::min({rest.size(), into.size(), chunk});
    std::memcpy(into.data(), rest.data(), n);
    return {.kind = Event::Kind::chunk_read, .bytes = n};
  }

 private:
  File* now_ = nullptr;
};

/// The files below a folder, as a server sees them.
class RealFiles final : public Files {
 public:
  explicit RealFiles(const std::string& root)
      : root_(std::move(os::open_directory(root).value())) {}
  Event open(const std::string& name) override {
    auto file = os::open_beneath(root_.get(), name);
    if (!file) return {.kind = Event::Kind::failed, .error = file.error()};
    file_ = std::move(*file);
    return {.kind = Event::Kind::file_opened, .file = os::file_info(file_.get()).value()};
  }
  Event read(std::span<std::byte> into, std::uint64_t offset) override {
    return {.kind = Event::Kind::chunk_read, .bytes = os::pread(file_.get(), into, offset).value()};
  }

 private:
  os::Fd root_, file_;
};

class Talk {
 public:
  Talk(servers::Service& service, Files& files) : session_(service.make_session()), files_(files) {
    tell({.kind = Event::Kind::opened});
    go_on();
  }

  /// The peer sends this, all at once.
  Talk& say(std::string_view text) {
    input_ += text;
    go_on();
    return *this;
  }
  /// The peer sends nothing more.
  Talk& hang_up() {
    hung_up_ = true;
    go_on();
    return *this;
  }
  /// The deadline passes.
  Talk& expire() {
    if (!closed_) tell({.kind = Event::Kind::deadline});
    go_on();
    return *this;
  }
  /// While set, sends are not finished (the peer does not read).
  void block_sends(bool on) {
    sends_block_ = on;
    go_on();
  }

  const std::string& heard() const { return heard_; }
  bool closed() const { return closed_; }
  bool lingers() const { return closed_ && action_.linger; }
  bool in_request() const { return session_->in_request(); }
  int requests() const { return requests_; }
  int failures() const { return failures_; }
  os::Nanos computed() const { return computed_; }
  os::Nanos deadline() const { return deadline_; }
  /// A file is open now.
  bool file_open() const { return file_open_; }

 private:
  void go_on() {
    while (!closed_) {
      switch (action_.kind) {
        case Action::Kind::end_request:
          action_.kind = Action::Kind::receive;
          if (action_.more) tell({.kind = Event::Kind::turn});
          break;
        case Action::Kind::receive: {
          if (input_.empty()) {
            if (!hung_up_) return;
            tell({.kind = Event::Kind::peer_closed});
            break;
          }
          auto room = session_->room();
          std::size_t n = std::min(room.size(), input_.size());
          if (n == 0) throw std::logic_error("a session that receives has no room");
          std::memcpy(room.data(), input_.data(), n);
          input_.erase(0, n);
          tell({.kind = Event::Kind::received, .bytes = n});
          break;
        }
        case Action::Kind::send:
          if (sends_block_) return;
          heard_.append(reinterpret_cast<const char*>(action_.bytes.data()), action_.bytes.size());
          tell({.kind = Event::Kind::sent});
          break;
        case Action::Kind::open: {
          if (file_open_) throw std::logic_error("a second file is opened");
          Event e = files_.open(*action_.path);
          file_open_ = e.kind == Event::Kind::file_opened;
          tell(e);
          break;
        }
        case Action::Kind::read:
          if (!file_open_) throw std::logic_error("read without a file");
          tell(files_.read(action_.into, action_.offset));
          break;
        default:
          throw std::logic_error("an answer must end with an action to wait for");
      }
    }
  }

  void tell(const Event& event) {
    Actions actions;
    session_->on(event, actions);
    for (const Action& a : actions.list()) {
      bool last = &a == &actions.list().back();
      switch (a.kind) {
        case Action::Kind::compute:
          computed_ += a.time;
          break;
        case Action::Kind::deadline:
          deadline_ = a.time;
          break;
        case Action::Kind::close_file:
          file_open_ = false;
          break;
        default:
          if (!last) throw std::logic_error("only the last action may be one to wait for");
      }
      bool counts = a.kind == Action::Kind::end_request || a.counted;
      requests_ += counts ? 1 : 0;
      failures_ += counts && a.failed ? 1 : 0;
    }
    action_ = actions.list().back();
    closed_ = action_.kind == Action::Kind::close;
    if (closed_) file_open_ = false;
  }

  std::unique_ptr<Session> session_;
  Files& files_;
  Action action_;
  std::string input_, heard_;
  bool hung_up_ = false, closed_ = false, sends_block_ = false, file_open_ = false;
  int requests_ = 0, failures_ = 0;
  os::Nanos computed_ = 0, deadline_ = 0;
};

}  // namespace weft::tests
