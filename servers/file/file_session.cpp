// SPDX-License-Identifier: BSL-1.0
#include "servers/file/file_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "servers/file/media_type.hpp"
#include "servers/file/path.hpp"

namespace weft::servers::file {
namespace {

int status_of_open(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return 503;
    case EIO:
      return 500;
    default:  // absent, forbidden, outside the root: a client need not know which
      return 404;
  }
}

}  // namespace

FileSession::FileSession(const FileOptions& options, const lwp::atomic<bool>& draining)
    : options_(options),
      draining_(draining),
      in_(new std::byte[options.head_limit]),
      out_(new std::byte[options.buffer]) {
  assert(options.buffer > 2 * kMaxHead);
}

std::span<std::byte> FileSession::room() {
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
    case Event::Kind::sent:
      sent(actions);
      break;
    case Event::Kind::failed:
      failed(event.error, actions);
      break;
    case Event::Kind::peer_closed:
      actions.close();
      break;
    case Event::Kind::deadline:
      if (state_ == State::sending) {
        break_off(actions);
      } else if (in_request()) {
        keep_alive_ = false;
        answer_error(408, actions);
      } else {
        actions.close();
      }
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
  switch (resolve(request_.target, name_)) {
    case Path::ok:
      index_tried_ = name_.ends_with(kIndex);
      state_ = State::opening;
      return actions.open(name_);
    case Path::malformed:
      keep_alive_ = false;
      return answer_error(400, actions);
    case Path::nothing:
      return answer_error(404, actions);
  }
}

void FileSession::opened(const os::FileInfo& file, Actions& actions) {
  if (file.directory && !index_tried_) {
    index_tried_ = true;
    name_ += '/';
    name_ += kIndex;
    actions.close_file();
    return actions.open(name_);
  }
  if (!file.regular) return answer_error(404, actions);
  answer_with_file(file, actions);
}

void FileSession::answer_with_file(const os::FileInfo& file, Actions& actions) {
  EntityTag tag(file);
  bool unchanged = matches_etag(request_.if_none_match, tag.view());
  HttpDate modified = http_date(file.mtime);

  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(unchanged ? 304 : 200));
  if (!unchanged) {
    out << "Content-Type: " << media_type(name_) << "\r\nContent-Length: " << file.size << "\r\n";
  }
  out << "Last-Modified: " << std::string_view(modified.data(), modified.size())
      << "\r\nETag: " << tag.view() << "\r\n\r\n";

  offset_ = 0;
  size_ = unchanged || request_.method == Request::Method::head ? 0 : file.size;
  head_ = out.size();
  if (size_ == 0) return send(head_, actions);
  state_ = State::reading;
  actions.read(chunk(head_), 0);
}

void FileSession::chunk_read(std::size_t bytes, Actions& actions) {
  // The file has become shorter since its size was announced.
  if (bytes == 0) return failed(EIO, actions);
  offset_ += bytes;
  send(head_ + bytes, actions);
}

void FileSession::send(std::size_t bytes, Actions& actions) {
  head_ = 0;
  state_ = State::sending;
  actions.deadline(options_.send);
  actions.send({out_.get(), bytes});
}

void FileSession::sent(Actions& actions) {
  if (offset_ == size_) return end(actions);
  state_ = State::reading;
  actions.read(chunk(0), offset_);
}

void FileSession::failed(int error, Actions& actions) {
  if (state_ == State::opening) return answer_error(status_of_open(error), actions);
  // Nothing has been sent yet if the head is still in the buffer.
  if (head_ > 0) return answer_error(500, actions);
  break_off(actions);
}

void FileSession::answer_error(int status, Actions& actions) {
  fault_ = status >= 500 && status != 501;
  linger_ = !keep_alive_;
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(status));
  if (status == 405) out << "Allow: GET, HEAD\r\n";
  out << "Content-Type: text/plain; charset=utf-8\r\nContent-Length: "
      << static_cast<std::uint64_t>(3 + 1 + reason(status).size() + 1) << "\r\n\r\n";
  if (request_.method != Request::Method::head) {
    out << static_cast<std::uint64_t>(status) << " " << reason(status) << "\n";
  }
  offset_ = size_ = 0;
  send(out.size(), actions);
}

// Ends a request whose answer has been sent whole.
void FileSession::end(Actions& actions) {
  actions.close_file();
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

// Where the file's next bytes go: into the rest of out_, and no more than were announced.
std::span<std::byte> FileSession::chunk(std::size_t behind) {
  auto left = std::min<std::uint64_t>(options_.buffer - behind, size_ - offset_);
  return {out_.get() + behind, static_cast<std::size_t>(left)};
}

}  // namespace weft::servers::file
