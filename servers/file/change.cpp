// SPDX-License-Identifier: BSL-1.0
// PUT, DELETE, MKCOL, COPY, MOVE. An upload goes into a temporary file, which takes its name once
// it is whole and on the disk; who reads meanwhile reads the old file. Conditions are weighed where
// the name changes hands, under its folder's lock (servers/file_tree.hpp).
#include "servers/file/dav.hpp"
#include "servers/file/file_session.hpp"

namespace weft::servers::file {

bool FileSession::holds(const os::FileInfo* current) const {
  return evaluate(request_.conditions, current, false, options_.wall()) == Judgement::proceed;
}

void FileSession::change(Actions& actions) {
  work_ = {};
  if (!request_.conditions.none()) work_.condition = this;
  if (request_.method == Method::put) return upload(actions);
  if (int status = plan(request_, name_, to_, work_)) return answer_error(status, actions);
  // The destination is another server's to write (RFC 4918 section 9.8.5).
  const bool ours = work_.to == nullptr || !options_.partition || options_.partition->mine(to_);
  if (!ours) return answer_error(502, actions);
  state_ = State::changing;
  actions.disk(work_);
}

void FileSession::upload(Actions& actions) {
  if (request_.partial_put) return answer_error(400, actions);  // RFC 9110 section 14.5
  if (name_.empty() || name_.ends_with('/')) return answer_error(409, actions);
  if (body_.too_large()) return answer_error(413, actions);
  work_.kind = DiskWork::Kind::create;
  work_.name = &name_;
  state_ = State::creating;
  actions.disk(work_);
}

// The temporary file is there: first what came with the head, then what the client still has.
void FileSession::receive_body(Actions& actions) {
  if (state_ == State::creating) {
    gathered_ = 0;
    offset_ = end_ = 0;
    std::size_t used = 0;
    const std::span<const std::byte> behind(in_.get() + consumed_, filled_ - consumed_);
    if (!decode(behind, used, actions)) return;
    consumed_ += used;
    if (request_.expects_continue && behind.empty() && !body_.complete()) {
      state_ = State::inviting;
      actions.deadline(options_.limits.send_time);
      return actions.send(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
    }
  }
  body_goes_on(actions);
}

void FileSession::body_received(std::size_t bytes, Actions& actions) {
  std::size_t used = 0;
  if (decode({out_.get() + gathered_, bytes}, used, actions)) body_goes_on(actions);
}

// Adds to what is gathered. False if the body is refused.
bool FileSession::decode(std::span<const std::byte> raw, std::size_t& used, Actions& actions) {
  std::size_t made = 0;
  switch (body_.decode(raw, out_.get() + gathered_, used, made)) {
    case BodyReader::Verdict::malformed:
      answer_error(400, actions);
      return false;
    case BodyReader::Verdict::too_large:
      answer_error(413, actions);
      return false;
    default:
      gathered_ += made;
      return true;
  }
}

// A buffer that is full, or the last one, is written; an empty one is filled.
void FileSession::body_goes_on(Actions& actions) {
  if (gathered_ == options_.buffer || (body_.complete() && gathered_ > 0)) {
    work_.kind = DiskWork::Kind::write;
    work_.from = {out_.get(), gathered_};
    work_.offset = offset_;
    state_ = State::writing;
    return actions.disk(work_);
  }
  if (body_.complete()) {
    work_.kind = DiskWork::Kind::publish;
    state_ = State::publishing;
    return actions.disk(work_);
  }
  // Each buffer has its time, and not each byte: a client that trickles ends too.
  if (gathered_ == 0) actions.deadline(options_.limits.body_time);
  state_ = State::uploading;
  actions.receive();
}

void FileSession::disk_done(const DiskDone& done, Actions& actions) {
  switch (state_) {
    case State::listing:
      return listed(actions);
    case State::creating:
      return receive_body(actions);
    case State::writing:
      offset_ += gathered_;
      end_ = offset_;
      gathered_ = 0;
      return body_goes_on(actions);
    case State::publishing:
      return answer_changed(done.replaced ? 204 : 201, &done.file, actions);
    default: {
      const bool made = request_.method != Method::remove && !done.replaced;
      return answer_changed(made ? 201 : 204, nullptr, actions);
    }
  }
}

void FileSession::answer_changed(int status, const os::FileInfo* file, Actions& actions) {
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(status));
  if (status == 201) out << "Content-Length: 0\r\n";
  if (file != nullptr) out << "ETag: " << EntityTag(*file).view() << "\r\n";
  out << "\r\n";
  offset_ = end_ = 0;
  send(out.size(), actions);
}

}  // namespace weft::servers::file
