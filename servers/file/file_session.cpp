// SPDX-License-Identifier: BSL-1.0
#include "servers/file/file_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "servers/file/dav.hpp"
#include "servers/file/path.hpp"
#include "servers/file_tree.hpp"

namespace weft::servers::file {
namespace {

constexpr std::string_view kReading = "GET, HEAD, OPTIONS";
constexpr std::string_view kWriting = "GET, HEAD, OPTIONS, PUT, DELETE, MKCOL, COPY, MOVE";

// Of no standard, but what logs say of a client that left before it was answered.
constexpr int kGone = 499;

}  // namespace

FileSession::FileSession(const FileOptions& options, const lwp::atomic<bool>& draining,
                         Cursors& cursors, Transfers& transfers)
    : options_(options),
      draining_(draining),
      cursors_(cursors),
      transfers_(transfers),
      in_(new std::byte[options.limits.head]),
      out_(new std::byte[options.buffer]) {
  // What has come behind a head fits where bodies go.
  assert(options.buffer > 2 * kMaxHead && options.buffer >= options.limits.head);
}

std::span<std::byte> FileSession::room() {
  if (state_ == State::uploading) {  // none of it is the next request's
    auto left = std::min<std::uint64_t>(options_.buffer - gathered_, body_.least());
    return {out_.get() + gathered_, static_cast<std::size_t>(left)};
  }
  if (state_ != State::watching) forget_request();
  return {in_.get() + filled_, options_.limits.head - filled_};
}

void FileSession::on(const Event& event, Actions& actions) {
  switch (event.kind) {
    case Event::Kind::opened:
      reset();
      actions.deadline(options_.limits.idle_time);
      actions.receive();
      break;
    case Event::Kind::received:
      if (state_ == State::uploading) return body_received(event.bytes, actions);
      filled_ += event.bytes;
      if (state_ == State::watching) return look_again(actions);
      look_at_input(filled_ == event.bytes, actions);
      break;
    case Event::Kind::turn:
      forget_request();
      look_at_input(true, actions);
      break;
    case Event::Kind::file_opened:
      opened(event.file, actions);
      break;
    case Event::Kind::chunk_read:
      chunk_read(event.bytes, actions);
      break;
    case Event::Kind::forwarded:
      offset_ += event.bytes;
      sent(actions);
      break;
    case Event::Kind::disk_done:
      disk_done(event.done, actions);
      break;
    case Event::Kind::sent:
      sent(actions);
      break;
    case Event::Kind::failed:
      failed(event.error, actions);
      break;
    case Event::Kind::peer_closed:
      actions.close_file();
      // A body that has not ended is a request that has: nothing of it is done.
      if (state_ == State::uploading) return actions.end_and_close(false);
      actions.close();
      break;
    case Event::Kind::deadline:
      deadline(event, actions);
      break;
  }
}

void FileSession::reset() {
  filled_ = consumed_ = 0;
  scanner_.reset();
  state_ = State::heading;
}

// The one that has been answered: what came behind it begins the next.
void FileSession::forget_request() {
  if (consumed_ == 0) return;
  filled_ -= consumed_;
  std::memmove(in_.get(), in_.get() + consumed_, filled_);
  consumed_ = 0;
  scanner_.reset();
}

// `first`: these are the first bytes of a head.
void FileSession::look_at_input(bool first, Actions& actions) {
  std::string_view input(reinterpret_cast<const char*>(in_.get()), filled_);
  request_ = {};
  body_ = {};
  query_ = {};
  until_ = 0;
  status_ = 0;
  body_sent_ = 0;
  keep_alive_ = true;
  linger_ = index_tried_ = fault_ = false;
  const auto scanned = scanner_.scan(input);
  request_.method = asked_by(input.substr(scanner_.begin()));
  switch (scanned) {
    case HeadScanner::Verdict::complete:
      consumed_ = scanner_.end();
      begin(input.substr(scanner_.begin(), consumed_ - scanner_.begin()), actions);
      break;
    case HeadScanner::Verdict::malformed:
      keep_alive_ = false;
      answer_error(400, actions);
      break;
    case HeadScanner::Verdict::more:
      if (filled_ == options_.limits.head || line_too_long(input)) {
        keep_alive_ = false;
        answer_error(scanner_.has_request_line() ? 431 : 414, actions);
      } else {
        if (first) actions.deadline(options_.limits.head_time);
        actions.receive();
      }
      break;
  }
}

// While its end has yet to come; the CR may be there.
bool FileSession::line_too_long(std::string_view input) const {
  return !scanner_.has_request_line() &&
         input.size() - scanner_.begin() > options_.limits.request_line + 1;
}

void FileSession::begin(std::string_view head, Actions& actions) {
  Verdict verdict = judge(head);
  request_ = verdict.request;
  keep_alive_ = request_.keep_alive && !verdict.close;
  if (options_.cpu_per_request > 0) actions.compute(options_.cpu_per_request);
  if (head.find('\r') > options_.limits.request_line) {
    keep_alive_ = false;
    return answer_error(414, actions);
  }
  if (verdict.status != 0) return answer_error(verdict.status, actions);
  body_.begin(request_, options_.limits.body);
  if (request_.target == "*") return answer_options(actions);
  switch (resolve(request_.target, name_)) {
    case Path::ok:
      return leads_to_temporary(name_) ? answer_error(404, actions) : start(actions);
    case Path::malformed:
      keep_alive_ = false;
      return answer_error(400, actions);
    case Path::nothing:
      return answer_error(404, actions);
  }
}

void FileSession::start(Actions& actions) {
  query_ = parse_query(request_.method, request_.target);
  if (query_.kind == Query::Kind::malformed) return answer_error(400, actions);
  if (const auto& p = options_.partition;
      p && !p->mine(name_) && query_.kind != Query::Kind::owner) {
    const std::string owner = p->authority(p->owner(name_), request_.host);
    return answer_elsewhere(307, "http://" + owner, actions);
  }
  switch (request_.method) {
    case Method::get:
    case Method::head:
      return fetch(actions);
    case Method::options:
      return answer_options(actions);
    default:
      if (query_.kind != Query::Kind::none) return end_state(actions);
      return options_.writable ? change(actions) : answer_error(405, actions);
  }
}

void FileSession::answer_options(Actions& actions) {
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(200));
  if (options_.writable) out << "DAV: 1\r\n";
  out << "Allow: " << (options_.writable ? kWriting : kReading) << "\r\nContent-Length: 0\r\n\r\n";
  offset_ = end_ = 0;
  send(out.size(), actions);
}

void FileSession::send(std::size_t bytes, Actions& actions) {
  head_ = 0;
  state_ = State::sending;
  sending_ = {out_.get(), bytes};
  if (!transfer_.runs()) {
    actions.deadline(options_.limits.send_time);
    return actions.send(sending_);
  }
  until_ = options_.clock() + options_.limits.send_time;
  if (!sends_on(bytes, actions)) break_off(false, actions);
}

void FileSession::sent(Actions& actions) {
  if (state_ == State::inviting) return receive_body(actions);
  if (offset_ == end_) return end(actions);
  if (!page_.empty()) return send_page(actions);
  read_on(0, actions);
}

void FileSession::failed(int error, Actions& actions) {
  switch (state_) {
    case State::opening:
    case State::listing:
      return not_opened(error, actions);
    case State::reading:
      // Nothing has been sent yet if the head is still in the buffer.
      return head_ > 0 ? answer_error(500, actions) : break_off(true, actions);
    default:
      return answer_error(status_of_failure(work_.kind, error), actions);
  }
}

void FileSession::deadline(const Event& event, Actions& actions) {
  if (state_ == State::watching) return look_again(actions);
  if (state_ == State::sending || state_ == State::inviting || state_ == State::reading) {
    const bool forwards = state_ == State::reading;
    const bool goes_on =
        !event.too_slow && (forwards ? forwards_on(actions) : sends_on(event.bytes, actions));
    if (!goes_on) break_off(!transfer_.is_cancelled(), actions);
  } else if (in_request()) {
    keep_alive_ = false;
    answer_error(408, actions);
  } else {
    actions.close();
  }
}

// `more`: a field that belongs to this status.
void FileSession::answer_error(int status, Actions& actions, std::string_view more) {
  // An upload that failed gives back its room on the disk before its client hears of it.
  actions.close_file();
  fault_ = status == 500 || status == 503 || status == 507;
  if (!body_.complete()) keep_alive_ = false;  // its bytes would be read as a request
  linger_ = !keep_alive_;
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(status));
  if (status == 405) out << "Allow: " << (options_.writable ? kWriting : kReading) << "\r\n";
  if (status == 503) out << retry_after(options_.limits);
  out << more << "Content-Type: text/plain; charset=utf-8\r\nContent-Length: "
      << static_cast<std::uint64_t>(3 + 1 + reason(status).size() + 1) << "\r\n\r\n";
  if (request_.method != Method::head) {
    out << static_cast<std::uint64_t>(status) << " " << reason(status) << "\n";
    body_sent_ = 3 + 1 + reason(status).size() + 1;
  }
  offset_ = end_ = 0;
  page_.clear();
  send(out.size(), actions);
}

// Ends a request whose answer has been sent whole.
void FileSession::end(Actions& actions) {
  actions.close_file();
  transfers_.end(transfer_);
  if (page_.capacity() > options_.buffer) page_ = {};
  page_.clear();
  if (!keep_alive_) {
    state_ = State::closing;
    return actions.end_and_close(linger_ || filled_ > consumed_, fault_);
  }
  state_ = State::heading;
  actions.deadline(options_.limits.idle_time);
  actions.end_request(filled_ > consumed_, fault_);
}

// The client was promised more bytes than it gets; closing is the only way to tell. `fault`: ours.
void FileSession::break_off(bool fault, Actions& actions) {
  state_ = State::closing;
  body_sent_ -= std::min(body_sent_, end_ - offset_);
  transfers_.end(transfer_);
  actions.close_file();
  actions.end_and_close(false, fault);
}

// A head that never came whole has a line all the same, perhaps a part of one.
std::optional<Answered> FileSession::answered() const {
  std::string_view input(reinterpret_cast<const char*>(in_.get()), filled_);
  input.remove_prefix(std::min(scanner_.begin(), input.size()));
  return Answered{.line = input.substr(0, input.find_first_of("\r\n")),
                  .status = status_ == 0 ? kGone : status_,
                  .bytes = body_sent_,
                  .referer = request_.referer,
                  .agent = request_.agent};
}

Answer FileSession::answer(int status) {
  status_ = status;
  body_sent_ = 0;
  os::Nanos wall = options_.wall();
  if (wall / os::kSecond != date_second_) {
    date_second_ = wall / os::kSecond;
    date_ = http_date(wall);
  }
  if (draining_.load(lwp::memory_order_relaxed)) keep_alive_ = false;
  return {status, {date_.data(), date_.size()}, !keep_alive_, request_.http_1_0 && keep_alive_};
}

}  // namespace weft::servers::file
