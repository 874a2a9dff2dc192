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

// To the name with a slash, against which the links of its page are resolved. From the name and not
// as it came: what begins with two slashes would lead to another server.
void FileSession::redirect(Actions& actions) {
  page_ = "Location: /";
  append_encoded(name_, page_);
  page_ += '/';
  if (auto query = request_.target.find('?'); query != std::string_view::npos) {
    page_ += request_.target.substr(query);
  }
  page_ += "\r\n";
  if (page_.size() + kMaxHead > options_.buffer) return answer_error(414, actions);
  Writer out({out_.get(), options_.buffer});
  begin_head(out, answer(301));
  out << page_ << "Content-Length: 0\r\n\r\n";
  page_.clear();
  offset_ = end_ = 0;
  send(out.size(), actions);
}

void FileSession::answer_with_file(const os::FileInfo& file, Actions& actions) {
  const os::Nanos wall = options_.wall();
  const auto judgement = evaluate(request_.conditions, &file, true, wall);
  if (judgement == Judgement::failed) return answer_error(412, actions);
  const bool unchanged = judgement == Judgement::unchanged;
  Range range;
  if (!unchanged && request_.method == Method::get && request_.range.data() != nullptr &&
      range_applies(request_.conditions, file, wall)) {
    range = parse_range(request_.range, file.size);
  }
  if (range.kind == Range::Kind::nothing) {
    const std::string of = "Content-Range: bytes */" + std::to_string(file.size) + "\r\n";
    return answer_error(416, actions, of);
  }
  const bool part = range.kind == Range::Kind::part;
  offset_ = part ? range.first : 0;
  end_ = part ? range.last + 1 : file.size;

  const EntityTag tag(file);
  const HttpDate modified = http_date(file.mtime);
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(unchanged ? 304 : part ? 206 : 200));
  if (part) {
    out << "Content-Range: bytes " << range.first << "-" << range.last << "/" << file.size
        << "\r\n";
  }
  if (!unchanged) {
    out << "Content-Type: " << media_type(name_) << "\r\nContent-Length: " << end_ - offset_
        << "\r\nAccept-Ranges: bytes\r\n";
  }
  out << "Last-Modified: " << std::string_view(modified.data(), modified.size())
      << "\r\nETag: " << tag.view() << "\r\n\r\n";

  if (unchanged || request_.method == Method::head) offset_ = end_ = 0;
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
  if (behind == 0) actions.deadline(options_.send);  // it may go straight to the peer
  actions.disk(work_);
}

void FileSession::chunk_read(std::size_t bytes, Actions& actions) {
  // The file has become shorter since its size was announced.
  if (bytes == 0) return failed(EIO, actions);
  offset_ += bytes;
  send(head_ + bytes, actions);
}

void FileSession::list(Actions& actions) {
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
  Writer out({out_.get(), kMaxHead});
  begin_head(out, answer(200));
  out << "Content-Type: text/html; charset=utf-8\r\nContent-Length: "
      << static_cast<std::uint64_t>(body.size()) << "\r\nCache-Control: no-cache\r\n\r\n";
  page_.assign(reinterpret_cast<const char*>(out_.get()), out.size());
  if (request_.method != Method::head) page_ += body;
  offset_ = 0;
  end_ = page_.size();
  send_page(actions);
}

void FileSession::send_page(Actions& actions) {
  auto part = std::string_view(page_).substr(offset_, options_.buffer);
  offset_ += part.size();
  state_ = State::sending;
  actions.deadline(options_.send);
  actions.send(as_bytes(part));
}

}  // namespace weft::servers::file
