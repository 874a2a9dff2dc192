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

}  // namespace

FileSession::FileSession(const FileOptions& options, const lwp::atomic<bool>& draining)
    : options_(options),
      draining_(draining),
      in_(new std::byte[options.head_limit]),
      out_(new std::byte[options.buffer]) {
  // What has come behind a head fits where bodies go.
  assert(options.buffer > 2 * kMaxHead && options.buffer >= options.head_limit);
}

std::span<std::byte> FileSession::room() {
  if (state_ == State::uploading) {  // none of it is the next request's
    auto left = std::min<std::uint64_t>(options_.buffer - gathered_, body_.least());
    return {out_.get() + gathered_, static_cast<std::size_t>(left)};
  }
  return {in_.get() + filled_, options_.head_limit - filled_};
}

void FileSession::on(const Event& event, Actions& actions) {
  switch (event.kind) {
    case Event::Kind::opened:
      reset();
      actions.deadline(options_.idle);
      actions.receive();
      break;
    case Event::Kind::received:
      if (state_ == State::uploading) return body_received(event.bytes, actions);
      filled_ += event.bytes;
      look_at_input(actions);
      break;
    case Event::Kind::turn:
      look_at_input(actions);
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
      deadline(actions);
      break;
  }
}

void FileSession::reset() {
  filled_ = consumed_ = 0;
  scanner_.reset();
  state_ = State::heading;
}

void FileSession::look_at_input(Actions& actions) {
  std::string_view input(reinterpret_cast<const char*>(in_.get()), filled_);
  request_ = {};
  body_ = {};
  keep_alive_ = true;
  linger_ = index_tried_ = fault_ = false;
  switch (scanner_.scan(input)) {
    case HeadScanner::Verdict::complete:
      consumed_ = scanner_.end();
      begin(input.substr(scanner_.begin(), consumed_ - scanner_.begin()), actions);
      break;
    case HeadScanner::Verdict::malformed:
      keep_alive_ = false;
      answer_error(400, actions);
      break;
    case HeadScanner::Verdict::more:
      if (filled_ < options_.head_limit) {
        actions.receive();
      } else {
        keep_alive_ = false;
        answer_error(scanner_.has_request_line() ? 431 : 414, actions);
      }
      break;
  }
}

void FileSession::begin(std::string_view head, Actions& actions) {
  Verdict verdict = judge(head);
  request_ = verdict.request;
  keep_alive_ = request_.keep_alive && !verdict.close;
  if (options_.cpu_per_request > 0) actions.compute(options_.cpu_per_request);
  if (verdict.status != 0) return answer_error(verdict.status, actions);
  body_.begin(request_, options_.body_limit);
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
  switch (request_.method) {
    case Method::get:
    case Method::head:
      return fetch(actions);
    case Method::options:
      return answer_options(actions);
    default:
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
  actions.deadline(options_.send);
  actions.send({out_.get(), bytes});
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
      return head_ > 0 ? answer_error(500, actions) : break_off(actions);
    default:
      return answer_error(status_of_failure(work_.kind, error), actions);
  }
}

void FileSession::deadline(Actions& actions) {
  if (state_ == State::sending || state_ == State::reading || state_ == State::inviting) {
    break_off(actions);
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
  out << more << "Content-Type: text/plain; charset=utf-8\r\nContent-Length: "
      << static_cast<std::uint64_t>(3 + 1 + reason(status).size() + 1) << "\r\n\r\n";
  if (request_.method != Method::head) {
    out << static_cast<std::uint64_t>(status) << " " << reason(status) << "\n";
  }
  offset_ = end_ = 0;
  page_.clear();
  send(out.size(), actions);
}

// Ends a request whose answer has been sent whole.
void FileSession::end(Actions& actions) {
  actions.close_file();
  if (page_.capacity() > options_.buffer) page_ = {};
  page_.clear();
  if (!keep_alive_) {
    state_ = State::closing;
    return actions.end_and_close(linger_ || filled_ > consumed_, fault_);
  }
  filled_ -= consumed_;
  std::memmove(in_.get(), in_.get() + consumed_, filled_);
  consumed_ = 0;
  scanner_.reset();
  state_ = State::heading;
  actions.deadline(options_.idle);
  actions.end_request(filled_ > 0, fault_);
}

// The client was promised more bytes than it gets; closing is the only way to tell.
void FileSession::break_off(Actions& actions) {
  state_ = State::closing;
  actions.close_file();
  actions.end_and_close(false, true);
}

Answer FileSession::answer(int status) {
  os::Nanos wall = options_.wall();
  if (wall / os::kSecond != date_second_) {
    date_second_ = wall / os::kSecond;
    date_ = http_date(wall);
  }
  if (draining_.load(lwp::memory_order_relaxed)) keep_alive_ = false;
  return {status, {date_.data(), date_.size()}, !keep_alive_, request_.http_1_0 && keep_alive_};
}

}  // namespace weft::servers::file
