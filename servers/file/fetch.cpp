// SPDX-License-Identifier: BSL-1.0
// GET and HEAD.
#include <algorithm>
#include <cerrno>

#include "servers/file/file_session.hpp"
#include "servers/file/listing.hpp"
#include "servers/file/media_type.hpp"
#include "servers/file/path.hpp"
#include "servers/file/range.hpp"

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

void FileSession::fetch(Actions& actions) {
  if (query_.kind == Query::Kind::owner && options_.partition) return answer_owners(actions);
  index_tried_ = name_.empty() || name_.ends_with('/');
  if (index_tried_) name_ += kIndex;
  state_ = State::opening;
  actions.open(name_);
}

void FileSession::opened(const os::FileInfo& file, Actions& actions) {
  if (file.directory) return index_tried_ ? list(actions) : redirect(actions);
  if (!file.regular) return answer_error(404, actions);
  answer_with_file(file, actions);
}

void FileSession::not_opened(int error, Actions& actions) {
  if (state_ == State::opening && index_tried_ && error == ENOENT) return list(actions);
  answer_error(status_of_open(error), actions);
}

// To the name with a slash, against which the links of its page are resolved.
void FileSession::redirect(Actions& actions) {
  name_ += '/';
  answer_elsewhere(301, {}, actions);
}

// The file's name at another place: from the name and not as it came, for what begins with two
// slashes would lead to another server.
void FileSession::answer_elsewhere(int status, const std::string& where, Actions& actions) {
  page_ = "Location: " + where + "/";
  append_encoded(name_, page_);
  if (const auto mark = request_.target.find('?'); mark != std::string_view::npos) {
    page_ += request_.target.substr(mark);
  }
  page_ += "\r\n";
  if (page_.size() + kMaxHead > options_.buffer) return answer_error(414, actions);
  if (!body_.complete()) keep_alive_ = false;  // its bytes would be read as a request
  linger_ = !keep_alive_;
  Writer out({out_.get(), options_.buffer});
  begin_head(out, answer(status));
  out << page_ << "Content-Length: 0\r\n\r\n";
  page_.clear();
  offset_ = end_ = 0;
  send(out.size(), actions);
}

void FileSession::answer_owners(Actions& actions) {
  const file::Partition& p = *options_.partition;
  std::string body = "/" + name_ + " belongs to " + p.authority(p.owner(name_), request_.host);
  for (std::size_t i = 0; i < p.ports.size(); ++i) {
    body += "\nowner " + std::to_string(i + 1) + " of " + std::to_string(p.ports.size()) + ": " +
            p.authority(i, request_.host);
    if (i == p.self) body += ", which says this";
  }
  answer_with_words(200, "", body, actions);
}

void FileSession::answer_with_file(const os::FileInfo& file, Actions& actions) {
  const os::Nanos wall = options_.wall();
  const auto judgement = evaluate(request_.conditions, &file, true, wall);
  if (judgement == Judgement::failed) return answer_error(412, actions);
  if (judgement == Judgement::unchanged) {
    if (query_.kind == Query::Kind::watch && waits_for_change(actions)) return;
    return send_file(file, 304, 0, 0, actions);
  }
  if (query_.kind == Query::Kind::open) return open_cursor(file, actions);
  if (query_.kind == Query::Kind::cursor) return take_piece(file, actions);
  Range range;
  if (request_.method == Method::get && request_.range.data() != nullptr &&
      range_applies(request_.conditions, file, wall)) {
    range = parse_range(request_.range, file.size);
  }
  if (range.kind == Range::Kind::nothing) {
    const std::string of = "Content-Range: bytes */" + std::to_string(file.size) + "\r\n";
    return answer_error(416, actions, of);
  }
  if (range.kind == Range::Kind::part) {
    return send_file(file, 206, range.first, range.last + 1, actions);
  }
  send_file(file, 200, 0, file.size, actions);
}

void FileSession::send_file(const os::FileInfo& file, int status, std::uint64_t first,
                            std::uint64_t end, Actions& actions) {
  offset_ = first;
  end_ = end;
  const EntityTag tag(file);
  const HttpDate modified = http_date(file.mtime);
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(status));
  if (status == 206) {
    out << "Content-Range: bytes " << first << "-" << end - 1 << "/" << file.size << "\r\n";
  }
  if (status != 304) {
    out << "Content-Type: " << media_type(name_) << "\r\nContent-Length: " << end_ - offset_
        << "\r\nAccept-Ranges: bytes\r\n";
  }
  out << "Last-Modified: " << std::string_view(modified.data(), modified.size())
      << "\r\nETag: " << tag.view() << "\r\n";
  if (request_.method == Method::head) offset_ = end_ = 0;
  if (out.size() + 2 + (end_ - offset_) > options_.buffer) {
    transfers_.begin(transfer_);
    out << "Transfer: " << IdText(transfer_.id).view() << "\r\n";
  }
  out << "\r\n";

  body_sent_ = end_ - offset_;
  head_ = out.size();
  if (offset_ == end_) return send(head_, actions);
  read_on(head_, actions);
}

// Reads the file's next bytes into the rest of out_, and no more than were announced.
void FileSession::read_on(std::size_t behind, Actions& actions) {
  auto left = std::min<std::uint64_t>(options_.buffer - behind, end_ - offset_);
  state_ = State::reading;
  work_ = {.kind = DiskWork::Kind::read,
           .offset = offset_,
           .into = {out_.get() + behind, static_cast<std::size_t>(left)},
           .onward = behind == 0 ? end_ - offset_ : 0};
  if (work_.onward == 0) return actions.disk(work_);
  until_ = options_.clock() + options_.limits.send_time;
  if (!forwards_on(actions)) break_off(false, actions);
}

void FileSession::chunk_read(std::size_t bytes, Actions& actions) {
  // The file has become shorter since its size was announced.
  if (bytes == 0) return failed(EIO, actions);
  offset_ += bytes;
  send(head_ + bytes, actions);
}

void FileSession::list(Actions& actions) {
  // A listing is made anew each time: it has no state to keep a place in, or to compare.
  if (query_.kind != Query::Kind::none) return answer_error(404, actions);
  name_.resize(name_.size() - kIndex.size());
  state_ = State::listing;
  listing_ = std::make_unique<FolderListing>();
  work_ = {.kind = DiskWork::Kind::list, .name = &name_, .listing = listing_.get()};
  actions.close_file();
  actions.disk(work_);
}

void FileSession::listed(Actions& actions) {
  const std::string body = listing_page(name_, *listing_);
  listing_.reset();
  answer_with_page(200, "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n",
                   body, actions);
}

void FileSession::answer_with_page(int status, std::string_view fields, std::string_view text,
                                   Actions& actions) {
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(status));
  out << "Content-Length: " << static_cast<std::uint64_t>(text.size()) << "\r\n";
  page_.assign(reinterpret_cast<const char*>(out_.get()), out.size());
  page_.append(fields).append("\r\n");
  if (request_.method != Method::head) {
    page_ += text;
    body_sent_ = text.size();
  }
  offset_ = 0;
  end_ = page_.size();
  send_page(actions);
}

void FileSession::send_page(Actions& actions) {
  auto part = std::string_view(page_).substr(offset_, options_.buffer);
  offset_ += part.size();
  state_ = State::sending;
  actions.deadline(options_.limits.send_time);
  actions.send(as_bytes(part));
}

}  // namespace weft::servers::file
