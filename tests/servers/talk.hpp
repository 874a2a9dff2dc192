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
#include <optional>
#include <string>
#include <vector>

#include "servers/file_tree.hpp"
#include "servers/service.hpp"

namespace weft::tests {

namespace os = lwp::os;
using servers::Action;
using servers::Actions;
using servers::DiskWork;
using servers::Event;
using servers::Session;

/// Files to open, and what a disk does with them.
class Files {
 public:
  virtual ~Files() = default;
  virtual Event open(const std::string& name) = 0;
  virtual Event perform(const DiskWork& work) = 0;
  /// The open file, or the temporary one, is closed.
  virtual void close() = 0;
};

inline Event failure(int error) {
  return {.kind = Event::Kind::failed, .error = error};
}

/// A folder that exists only here, with whatever faults a test wants.
class MemoryFiles final : public Files {
 public:
  struct File {
    std::string content;
    bool directory = false;
    int fail_open = 0;
    int fail_read_at = -1;        ///< offset from which reads fail with EIO
    std::uint64_t longer_by = 0;  ///< what its size says beyond its content
    std::uint64_t inode = 0x2a;
  };
  std::map<std::string, File> files;
  std::vector<std::string> opened;
  std::vector<DiskWork::Kind> performed;      ///< but reads
  std::map<DiskWork::Kind, int> fail;         ///< with this error
  std::size_t chunk = SIZE_MAX;               ///< reads return at most this much
  std::optional<std::string> temporary;       ///< of the upload under way
  std::function<void()> before_publish = {};  ///< somebody else is faster

  Event open(const std::string& name) override {
    opened.push_back(name);
    auto found = files.find(name);
    if (found == files.end()) return failure(ENOENT);
    now_ = &found->second;
    if (now_->fail_open != 0) return failure(now_->fail_open);
    return {.kind = Event::Kind::file_opened, .file = info(*now_)};
  }

  Event perform(const DiskWork& work) override {
    if (work.kind == DiskWork::Kind::read) return read(work);
    performed.push_back(work.kind);
    if (auto error = fail.find(work.kind); error != fail.end()) return failure(error->second);
    servers::DiskDone done;
    switch (work.kind) {
      case DiskWork::Kind::list:
        list(work);
        break;
      case DiskWork::Kind::create:
        if (!holds(work)) return failure(ECANCELED);
        temporary.emplace();
        break;
      case DiskWork::Kind::write:
        if (temporary.value().size() != work.offset) throw std::logic_error("a hole in an upload");
        temporary->append(reinterpret_cast<const char*>(work.from.data()), work.from.size());
        break;
      case DiskWork::Kind::publish: {
        if (before_publish) before_publish();
        if (!holds(work)) return failure(ECANCELED);
        done.replaced = files.contains(*work.name);
        File& file = files[*work.name];
        file.content = std::move(temporary).value();
        ++file.inode;
        temporary.reset();
        done.file = info(file);
        break;
      }
      case DiskWork::Kind::remove:
        if (!files.contains(*work.name)) return failure(ENOENT);
        if (!holds(work)) return failure(ECANCELED);
        files.erase(*work.name);
        break;
      default:
        throw std::logic_error("trees are for real files");
    }
    return {.kind = Event::Kind::disk_done, .done = done};
  }
  void close() override { temporary.reset(); }

 private:
  static os::FileInfo info(const File& file) {
    os::FileInfo info;
    info.size = file.content.size() + file.longer_by;
    info.mtime = 784111777 * os::kSecond;  // Sun, 06 Nov 1994 08:49:37 GMT
    info.inode = file.inode;
    info.directory = file.directory;
    info.regular = !file.directory;
    return info;
  }
  bool holds(const DiskWork& work) const {
    if (work.condition == nullptr) return true;
    auto found = files.find(*work.name);
    if (found == files.end()) return work.condition->holds(nullptr);
    const os::FileInfo current = info(found->second);
    return work.condition->holds(&current);
  }
  Event read(const DiskWork& work) {
    if (now_->fail_read_at >= 0 && work.offset >= static_cast<std::uint64_t>(now_->fail_read_at)) {
      return failure(EIO);
    }
    std::string_view rest = now_->content;
    rest.remove_prefix(std::min<std::size_t>(work.offset, rest.size()));
    std::size_t n = std::min({rest.size(), work.into.size(), chunk});
    std::memcpy(work.into.data(), rest.data(), n);
    return {.kind = Event::Kind::chunk_read, .bytes = n};
  }
  void list(const DiskWork& work) const {
    for (const auto& [name, file] : files) {
      if (!name.starts_with(*work.name)) continue;
      const std::string rest = name.substr(work.name->size());
      if (!rest.empty() && rest.find('/') == rest.npos) {
        work.listing->entries.push_back({rest, info(file)});
      }
    }
  }
  File* now_ = nullptr;
};

/// The files below a folder, as a server sees them.
class RealFiles final : public Files {
 public:
  explicit RealFiles(const std::string& root)
      : root_(std::move(os::open_directory(root).value())) {}
  Event open(const std::string& name) override {
    auto file = os::open_beneath(root_.get(), name);
    if (!file) return failure(file.error());
    file_ = std::move(*file);
    return {.kind = Event::Kind::file_opened, .file = os::file_info(file_.get()).value()};
  }
  Event perform(const DiskWork& work) override {
    DiskWork whole = work;
    whole.root = root_.get();
    whole.file = file_.get();
    whole.temporary = &temporary_;
    auto done = servers::carry_out(whole);
    if (!done) return failure(done.error());
    if (work.kind == DiskWork::Kind::read) {
      return {.kind = Event::Kind::chunk_read, .bytes = done->bytes};
    }
    return {.kind = Event::Kind::disk_done, .done = *done};
  }
  void close() override { temporary_.discard(); }

 private:
  os::Fd root_, file_;
  servers::TemporaryFile temporary_;
};

/// Answers, but for the ids of transfers, which are random.
inline std::string without_ids(std::string answers) {
  constexpr std::string_view kField = "\r\nTransfer: ";
  for (auto at = answers.find(kField); at != answers.npos; at = answers.find(kField, at + 1))
    answers.erase(at + kField.size(), 16);
  return answers;
}

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
    const bool sends = action_.kind == Action::Kind::send;
    if (!closed_) tell({.kind = Event::Kind::deadline, .bytes = sends ? action_.bytes.size() : 0});
    go_on();
    return *this;
  }
  /// While set, sends are not finished (the peer does not read).
  void block_sends(bool on) {
    sends_block_ = on;
    go_on();
  }
  /// While sends block: the peer takes so many bytes of the one under way.
  void hear(std::size_t bytes) {
    heard_.append(reinterpret_cast<const char*>(action_.bytes.data()), bytes);
    action_.bytes = action_.bytes.subspan(bytes);
  }
  /// The connection breaks.
  void vanish() {
    session_->ended();
    closed_ = true;
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
        case Action::Kind::disk:
          if (action_.work->kind == DiskWork::Kind::read && !file_open_) {
            throw std::logic_error("read without a file");
          }
          tell(files_.perform(*action_.work));
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
          files_.close();
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
    if (closed_) {
      file_open_ = false;
      files_.close();
    }
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
