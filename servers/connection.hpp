// SPDX-License-Identifier: BSL-1.0
// One connection and everything that is remembered of it: the socket, the session, the open file,
// the action under way. It carries out a session's actions, for every model in the same way, until
// it would have to wait, and then says for what. How to wait is all that models differ in:
//
//   model            single-threaded       dispatcher-worker          fsm
//   turn_over        next in its list      back to the dispatcher     next in its list
//   readable, idle   polls all             back to the dispatcher     polls all
//   readable         blocks in poll        back to the dispatcher     polls all
//   writable         blocks in poll        back to the dispatcher     polls all
//   disk             blocks in it          blocks in it               a completion comes
//
// INVARIANT: one kernel thread or fiber at a time uses a connection; models hand it over.
#pragma once

#include "servers/access_log.hpp"
#include "servers/counters.hpp"
#include "servers/cpu_account.hpp"
#include "servers/disk.hpp"
#include "servers/file_cache.hpp"
#include "servers/pace.hpp"
#include "servers/service.hpp"

namespace weft::servers {

/// What all connections of a server share.
struct Site {
  Service& service;
  Disk& disk;
  const Limits& limits;
  FileCache& files;
  int root = -1;                  ///< of the files; -1: the service opens none
  os::Nanos cpu_per_request = 0;  ///< whether to keep CPU accounts
  Counters& counters;
  CpuTail& tail;
  AccessLog* log = nullptr;
};

/// What a connection waits for.
enum class Need : std::uint8_t {
  readable,   ///< bytes from the peer
  writable,   ///< room for bytes to the peer
  disk,       ///< the work that disk_work() names
  turn_over,  ///< its next request, or a piece of its answer, is at hand: others first
  closed,     ///< it has ended
};

/// The state of a connection that waits for it.
constexpr const char* state_name(Need need) {
  switch (need) {
    case Need::readable:
      return "receiving";
    case Need::writable:
      return "sending";
    case Need::disk:
      return "at the disk";
    case Need::turn_over:
      return "turn over";
    case Need::closed:
      break;
  }
  return "closed";
}

class Connection {
 public:
  explicit Connection(const Site& site);

  /// Begins with an accepted socket.
  void open(os::Fd socket);
  /// Goes on as far as possible without waiting.
  Need run();
  /// REQUIRES: the last run() said disk.
  DiskWork disk_work();
  void disk_done(Result<DiskDone> done) { disk_result_ = std::move(done), disk_done_ = true; }
  /// The deadline has passed while it waited for its peer. run() follows.
  void expire() { expired_ = true; }
  /// Tells a peer that has asked nothing yet, or one thing that nobody has read, that too much is
  /// under way; what is left then is to run() until it has ended.
  void refuse();
  /// Ends at once, whatever is under way. REQUIRES: no work of the disk under way.
  void abandon();

  int socket() const { return socket_.get(); }
  os::Nanos deadline() const { return std::min(deadline_, pace_deadline_); }
  /// Part of a request has come, or its answer is under way.
  bool in_request() const { return !lingering_ && session_->in_request(); }
  /// It waits for its turn, or the disk, in the middle of an answer.
  bool in_answer() const { return action_.kind == Action::Kind::disk; }
  /// It may be closed without loss.
  bool idle() const { return !lingering_ && !session_->in_request(); }
  os::Nanos last_request_cpu() const { return cpu_.last(); }

  /// What a picture of the server shows of it: for other threads, so it pairs with nothing.
  struct Shown {
    /// A state_name(), what its disk is doing(), or "running"; null: not open.
    lwp::atomic<const char*> state{nullptr};
    lwp::atomic<int> socket{-1};
    lwp::atomic<int> file{-1};  ///< open for its request
  };
  const Shown& shown() const { return shown_; }

  /// For the model's lists and poller; the connection does not look at them.
  struct ModelPart {
    Connection* next = nullptr;  ///< in a queue of the model's
    std::uint32_t interest = 0;  ///< what the poller looks for
    Need need = Need::closed;    ///< what run() said last
    bool in_poller = false;      ///< the poller knows the socket
    bool waiting = false;        ///< nobody runs it; the poller will say when to
    bool in_use = false;         ///< out of its pool
  } model;
  /// Its own fiber waits for a next request, and may be told that none will come.
  lwp::atomic<bool> rests{false};

 private:
  Need carry_on();
  void go_on();
  void wait(Need need);
  bool is_late(Event& event);
  /// Performs the action under way; the event it answers with, or nothing and sets `need`.
  bool perform(Event& event, Need& need);
  bool receive(Event& event, Need& need);
  bool send(Event& event, Need& need);
  bool use_disk(Event& event, Need& need);
  bool forward(const DiskWork& work, Event& event, Need& need);
  Event open_file();
  /// Tells the session and does the actions that take no waiting; the last one stays in action_.
  void tell(const Event& event);
  void end_request(bool failed);
  // In a recording, from the first byte of a request to the last of its answer.
  void begin_span();
  void end_span();
  void begin_to_linger();
  Need linger();
  Need finish();
  void keep_file(FileCache::Held file);

  const Site& site_;
  std::unique_ptr<Session> session_;
  os::Fd socket_;
  FileCache::Held file_;
  TemporaryFile temporary_;
  const std::string* file_name_ = nullptr;
  Action action_;                    ///< the one under way
  os::Nanos deadline_ = os::kNever;  ///< the session's
  Pace pace_;                        ///< of the peer, while it lets us wait inside a request
  os::Nanos pace_deadline_ = os::kNever;
  std::size_t unsent_ = 0;  ///< bytes that the kernel had not passed on when we began to wait
  Result<DiskDone> disk_result_ = Result<DiskDone>::failure(0);
  CpuAccount cpu_;
  std::uint64_t spans_ = 0, flow_ = 0;  ///< of this connection; of the span that is open, else 0
  std::uint16_t client_port_ = 0, server_port_ = 0;  ///< known once a span has begun
  std::array<char, 46> client_{};                    ///< its address, for the log; ends with a zero
  std::size_t lingered_ = 0;
  bool disk_done_ = false;
  bool expired_ = false;
  bool lingering_ = false;
  Shown shown_;
};

}  // namespace weft::servers
