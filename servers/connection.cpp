// SPDX-License-Identifier: BSL-1.0
#include "servers/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "fibers/trace.hpp"
#include "lwp/os/send_file.hpp"
#include "lwp/os/socket_options.hpp"
#include "servers/file_tree.hpp"

namespace weft::servers {
namespace {

// A closing connection reads and drops this much, this long, so that the peer can read our answer
// before the kernel resets the connection for bytes nobody read (RFC 9112 section 9.6).
constexpr std::size_t kLingerBytes = 1 << 20;
constexpr os::Nanos kLingerTime = os::kSecond;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Connection::Connection(const Site& site)
    : site_(site), session_(site.service.make_session()), pace_(site.limits) {
  cpu_.enable(site.cpu_per_request > 0);
}

void Connection::open(os::Fd socket) {
  socket_ = std::move(socket);
  shown_.socket.store(socket_.get(), lwp::memory_order_relaxed);
  shown_.state.store(state_name(Need::readable), lwp::memory_order_relaxed);
  disk_done_ = expired_ = lingering_ = false;
  lingered_ = 0;
  pace_.begin();
  spans_ = flow_ = client_port_ = 0;
  deadline_ = os::kNever;
  site_.counters.connections.add();
  if (site_.log != nullptr && os::peer_host(socket_.get(), client_).empty()) client_[0] = 0;
  tell({.kind = Event::Kind::opened});
}

Need Connection::run() {
  cpu_.resume();
  shown_.state.store("running", lwp::memory_order_relaxed);
  go_on();
  Need need = lingering_ ? linger() : carry_on();
  wait(need);
  const char* state = need == Need::disk ? doing(action_.work->kind) : state_name(need);
  shown_.state.store(need == Need::closed ? nullptr : state, lwp::memory_order_relaxed);
  cpu_.pause();
  return need;
}

// The peer has let us wait. What it has taken meanwhile the kernel knows: to us a socket is
// writable again only when a good part of its buffer, which may be megabytes, is free.
void Connection::go_on() {
  if (!pace_.waits()) return;
  pace_.waited(os::now());
  if (unsent_ > 0) pace_.moved(unsent_ - std::min(unsent_, os::unsent(socket_.get())));
}

void Connection::wait(Need need) {
  pace_deadline_ = os::kNever;
  unsent_ = 0;
  if ((need != Need::readable && need != Need::writable) || !in_request()) return;
  if (need == Need::writable) unsent_ = os::unsent(socket_.get());
  pace_deadline_ = pace_.wait(os::now());
}

// Its deadline has passed, and it has not caught up since.
bool Connection::is_late(Event& event) {
  if (!std::exchange(expired_, false)) return false;
  event.too_slow = pace_.too_slow();
  if (!event.too_slow && os::now() < deadline_) return false;
  event.kind = Event::Kind::deadline;
  return true;
}

Need Connection::carry_on() {
  while (true) {
    Event event;
    Need need = Need::closed;
    switch (action_.kind) {
      case Action::Kind::end_request:  // the turn after the one in which the request ended
        action_.kind = Action::Kind::receive;
        if (!action_.more) continue;
        event.kind = Event::Kind::turn;
        break;
      case Action::Kind::close:
        if (action_.linger) {
          begin_to_linger();
          return linger();
        }
        return finish();
      default:
        if (!perform(event, need)) return need;
    }
    if (event.kind == Event::Kind::received || event.kind == Event::Kind::turn) begin_span();
    tell(event);
    if (event.kind == Event::Kind::forwarded && in_answer()) return Need::turn_over;
    if (action_.kind == Action::Kind::end_request) {
      return action_.more ? Need::turn_over : Need::readable;
    }
  }
}

bool Connection::perform(Event& event, Need& need) {
  switch (action_.kind) {
    case Action::Kind::receive:
      return receive(event, need);
    case Action::Kind::send:
      return send(event, need);
    case Action::Kind::disk:
      return use_disk(event, need);
    default:
      event = open_file();
      return true;
  }
}

bool Connection::receive(Event& event, Need& need) {
  if (is_late(event)) return true;
  auto got = os::receive(socket_.get(), session_->room());
  if (!got && would_block(got.error())) {
    need = Need::readable;
    return false;
  }
  // A reset is the end of the peer like any other.
  event.kind = got && *got > 0 ? Event::Kind::received : Event::Kind::peer_closed;
  event.bytes = got ? *got : 0;
  pace_.moved(event.bytes);
  return true;
}

bool Connection::send(Event& event, Need& need) {
  event.kind = Event::Kind::sent;
  if (is_late(event)) {
    event.bytes = action_.bytes.size();
    return true;
  }
  while (!action_.bytes.empty()) {
    auto sent = os::send(socket_.get(), action_.bytes);
    if (!sent && would_block(sent.error())) {
      need = Need::writable;
      return false;
    }
    if (!sent) {  // the peer is gone: nobody is left to tell, and it is not our fault
      end_request(false);
      need = finish();
      return false;
    }
    action_.bytes = action_.bytes.subspan(*sent);
  }
  return true;
}

bool Connection::use_disk(Event& event, Need& need) {
  if (!std::exchange(disk_done_, false)) {
    const DiskWork work = disk_work();
    if (site_.disk.blocks(work)) {
      need = Need::disk;
      return false;
    }
    if (work.onward > 0) return forward(work, event, need);
    disk_result_ = carry_out(work);
  }
  if (action_.work->changes_names()) site_.files.forget();
  if (!disk_result_) {
    event.kind = Event::Kind::failed;
    event.error = disk_result_.error();
    return true;
  }
  bool read = action_.work->kind == DiskWork::Kind::read;
  event.kind = read ? Event::Kind::chunk_read : Event::Kind::disk_done;
  event.bytes = disk_result_->bytes;
  event.done = *disk_result_;
  return true;
}

// From the page cache to the socket, in pieces, and others have their turn after each: meanwhile
// the peer takes it, and the kernel's buffers stay small. A megabyte at once costs twice the time.
bool Connection::forward(const DiskWork& work, Event& event, Need& need) {
  if (is_late(event)) return true;
  constexpr std::uint64_t kPiece = 128 * 1024;
  auto sent = os::send_file(socket_.get(), work.file, work.offset, std::min(work.onward, kPiece));
  if (sent) {
    event.kind = *sent > 0 ? Event::Kind::forwarded : Event::Kind::chunk_read;
    event.bytes = *sent;
    return true;
  }
  if (would_block(sent.error())) {
    need = Need::writable;
    return false;
  }
  if (sent.error() == EINVAL) {  // not from this file system
    disk_done(carry_out(work));
    return use_disk(event, need);
  }
  if (sent.error() == EIO) {
    event.kind = Event::Kind::failed;
    event.error = EIO;
    return true;
  }
  end_request(false);  // the peer is gone, as in send()
  need = finish();
  return false;
}

Event Connection::open_file() {
  file_name_ = action_.path;
  auto file = site_.files.open(site_.root, *file_name_);
  if (!file) return {.kind = Event::Kind::failed, .error = file.error()};
  keep_file(std::move(*file));
  return {.kind = Event::Kind::file_opened, .file = file_.info()};
}

DiskWork Connection::disk_work() {
  DiskWork work = *action_.work;
  work.root = site_.root;
  work.file = file_.fd();
  work.temporary = &temporary_;
  if (work.name == nullptr) work.name = file_name_;
  return work;
}

void Connection::tell(const Event& event) {
  Actions actions;
  session_->on(event, actions);
  for (const Action& a : actions.list()) {
    switch (a.kind) {
      case Action::Kind::close_file:
        keep_file({});
        temporary_.discard();
        break;
      case Action::Kind::compute:
        cpu_.top_up(a.time, site_.tail);
        break;
      case Action::Kind::deadline:
        deadline_ = a.time == os::kNever ? os::kNever : os::now() + a.time;
        break;
      case Action::Kind::end_request:
        end_request(a.failed);
        break;
      case Action::Kind::close:
        if (a.counted) end_request(a.failed);
        break;
      default:
        break;
    }
  }
  assert(!actions.list().empty());
  action_ = actions.list().back();
}

void Connection::begin_span() {
  if (flow_ != 0 || !fibers::is_recorded()) return;
  if (client_port_ == 0) {  // once: these are system calls
    const auto client = os::peer_port(socket_.get()), server = os::local_port(socket_.get());
    if (!client || !server) return;
    client_port_ = *client;
    server_port_ = *server;
  }
  flow_ = fibers::flow_of(client_port_, server_port_, ++spans_);
  fibers::begin_span("request", flow_);
}

void Connection::end_span() {
  if (flow_ != 0) fibers::end_span(std::exchange(flow_, 0));
}

void Connection::end_request(bool failed) {
  end_span();
  pace_.begin();
  site_.counters.requests.add();
  if (failed) site_.counters.errors.add();
  cpu_.finish(site_.tail);
  if (site_.log == nullptr) return;
  if (const auto what = session_->answered()) site_.log->add(client_.data(), *what);
}

void Connection::refuse() {
  if (lingering_) return;
  site_.counters.refused.add();
  // So short a text fits; a peer that has left no room for it hears nothing.
  if (const auto text = site_.service.refusal(); !text.empty()) {
    (void)os::send(socket_.get(), as_bytes(text)).error();
    if (site_.log != nullptr) site_.log->add(client_.data(), {.status = 503});
  }
  begin_to_linger();
}

void Connection::begin_to_linger() {
  lingering_ = true;
  deadline_ = os::now() + kLingerTime;
  os::shutdown_send(socket_.get());
}

Need Connection::linger() {
  std::array<std::byte, 4096> dropped;
  while (!expired_ && lingered_ < kLingerBytes) {
    auto got = os::receive(socket_.get(), dropped);
    if (!got && would_block(got.error())) return Need::readable;
    if (!got || *got == 0) break;
    lingered_ += *got;
  }
  return finish();
}

Need Connection::finish() {
  abandon();
  return Need::closed;
}

void Connection::keep_file(FileCache::Held file) {
  shown_.file.store(file.fd(), lwp::memory_order_relaxed);
  file_ = std::move(file);
}

void Connection::abandon() {
  end_span();
  session_->ended();
  shown_.state.store(nullptr, lwp::memory_order_relaxed);
  keep_file({});
  temporary_.discard();
  if (socket_) site_.counters.closed.add();
  socket_.reset();
  deadline_ = pace_deadline_ = os::kNever;
  action_ = {.kind = Action::Kind::close};
}

}  // namespace weft::servers
