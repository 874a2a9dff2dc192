// SPDX-License-Identifier: BSL-1.0
// What a server says, apart from how it is run. A service makes a session for each connection; a
// session is told events and answers with actions. It never reads, writes, waits or looks at a
// clock, so every model (one thread, workers, a state machine) carries out the same sessions, and
// a test can hold the whole conversation in memory.
//
//   model                                   session
//     opened          ───────────────────►
//                     ◄───────────────────    deadline 60 s, receive
//     received 87     ───────────────────►
//                     ◄───────────────────    compute, open "notes.txt"
//     file_opened     ───────────────────►
//                     ◄───────────────────    read into my buffer
//     chunk_read 812  ───────────────────►
//                     ◄───────────────────    send that buffer
//     sent            ───────────────────►
//                     ◄───────────────────    close_file, end_request
//
// INVARIANT: each answer ends with exactly one action that its model answers with the next event
// (receive, send, open, disk), or with end_request or close; the actions before it take no time or
// are computation. So a session waits for one thing at a time, and a model remembers one thing.
// INVARIANT: memory named by an action belongs to the session and stays until its event has come.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "servers/disk_work.hpp"

namespace weft::servers {

/// What has happened.
struct Event {
  enum class Kind : std::uint8_t {
    opened,       ///< a connection begins
    received,     ///< `bytes` have been put at the front of room()
    turn,         ///< it is this connection's turn again; input of its next request is buffered
    sent,         ///< all of the last send has been given to the kernel
    file_opened,  ///< `file` describes it
    chunk_read,   ///< `bytes` have been read; 0 is the end of the file
    forwarded,    ///< `bytes` have gone from the file to the peer instead (DiskWork::onward)
    disk_done,    ///< other work of the disk: `done` says what came of it
    failed,       ///< the last open or work of the disk failed with `error`
    deadline,     ///< the deadline passed while the session waited to receive, or to send the
                  ///< `bytes` that are left
    peer_closed,  ///< the peer sends nothing more
  };
  Kind kind = Kind::opened;
  std::size_t bytes = 0;
  int error = 0;
  bool too_slow = false;  ///< deadline: time is left, but the peer moves too little (pace.hpp)
  os::FileInfo file{};
  DiskDone done{};
};

/// What is to be done.
struct Action {
  enum class Kind : std::uint8_t {
    receive,      ///< put the peer's next bytes into room()
    send,         ///< `bytes`
    open,         ///< the file named `path`, relative to the root
    disk,         ///< `work`: read the open file, or write, publish, remove … (disk_work.hpp)
    close_file,   ///< if one is open, a temporary one too
    compute,      ///< use CPU until this request has used `time` of it
    deadline,     ///< from now on receiving and sending may take `time` more; kNever: for ever
    end_request,  ///< the answer is complete and the connection stays open
    close,        ///< nothing more to say on this connection
  };
  Kind kind = Kind::receive;
  bool more = false;     ///< end_request: the next request has begun to arrive
  bool linger = false;   ///< close: the peer may still be sending; let it read our answer first
  bool failed = false;   ///< end_request, close: it was our fault (5xx, a truncated answer)
  bool counted = false;  ///< close: a request ends with it
  std::span<const std::byte> bytes{};
  os::Nanos time = 0;
  const std::string* path = nullptr;
  const DiskWork* work = nullptr;
};

/// The caller's fixed array of actions.
class Actions {
 public:
  void receive() { push({.kind = Action::Kind::receive}); }
  void send(std::span<const std::byte> bytes) {
    push({.kind = Action::Kind::send, .bytes = bytes});
  }
  void open(const std::string& path) { push({.kind = Action::Kind::open, .path = &path}); }
  void disk(const DiskWork& work) { push({.kind = Action::Kind::disk, .work = &work}); }
  void close_file() { push({.kind = Action::Kind::close_file}); }
  void compute(os::Nanos total) { push({.kind = Action::Kind::compute, .time = total}); }
  void deadline(os::Nanos after) { push({.kind = Action::Kind::deadline, .time = after}); }
  void end_request(bool more, bool failed = false) {
    push({.kind = Action::Kind::end_request, .more = more, .failed = failed});
  }
  /// Closes a connection on which no request is under way.
  void close() { push({.kind = Action::Kind::close}); }
  /// Closes with the end of a request.
  void end_and_close(bool linger, bool failed = false) {
    push({.kind = Action::Kind::close, .linger = linger, .failed = failed, .counted = true});
  }

  void clear() { size_ = 0; }
  std::span<const Action> list() const { return {list_.data(), size_}; }

 private:
  void push(const Action& a) {
    assert(size_ < list_.size());
    list_[size_++] = a;
  }
  std::array<Action, 6> list_{};
  std::size_t size_ = 0;
};

/// What an access log tells of a request. Empty views are shown as "-".
struct Answered {
  std::string_view line{};  ///< the request line
  int status = 0;
  std::uint64_t bytes = 0;  ///< of the answer's body that were to be sent
  std::string_view referer{}, agent{};
};

/// One connection's conversation. Used again for another connection after `opened`.
class Session {
 public:
  virtual ~Session() = default;
  /// Where the peer's next bytes go. Not empty while the session waits to receive.
  virtual std::span<std::byte> room() = 0;
  /// Tells `event` and appends what to do next.
  virtual void on(const Event& event, Actions& actions) = 0;
  /// Part of a request has arrived, or its answer is under way; closing now would lose it.
  virtual bool in_request() const = 0;
  /// The connection has ended, however it did. May be told so twice.
  virtual void ended() {}
  /// Of the request that has just ended, or is broken off; until room() or the next event.
  virtual std::optional<Answered> answered() const { return std::nullopt; }
};

/// Makes sessions. Used from many kernel threads at once.
class Service {
 public:
  virtual ~Service() = default;
  virtual std::unique_ptr<Session> make_session() = 0;
  /// Bytes of one session object, without its input and output buffers.
  virtual std::size_t session_bytes() const = 0;
  /// What is said to who is turned away because too much is under way; "": it is only closed.
  virtual std::string_view refusal() const { return {}; }
  /// The server is about to end: tell peers so in answers from now on.
  virtual void drain() {}
};

/// Bytes of text, for send().
inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace weft::servers
