// SPDX-License-Identifier: BSL-1.0
// What a client may keep at the server, or wait for there: a cursor in a file, a change of one, a
// transfer to break off. All of it is memory of this process, and gone with it.
#include <algorithm>

#include "servers/file/file_session.hpp"
#include "servers/file/path.hpp"

namespace weft::servers::file {
namespace {

// So often a watched file is looked at, and who does not read is asked whether to go on.
constexpr os::Nanos kLook = 100 * os::kMillisecond;

std::string seconds(os::Nanos time) {
  return std::to_string(time / os::kSecond) + " s";
}

}  // namespace

// The answer is for a person, too.
void FileSession::answer_with_words(int status, std::string_view fields, std::string_view words,
                                    Actions& actions) {
  actions.close_file();
  fault_ = status == 503;
  answer_with_page(status, "Content-Type: text/plain; charset=utf-8\r\n" + std::string(fields),
                   std::string(words) + "\n", actions);
}

void FileSession::open_cursor(const os::FileInfo& file, Actions& actions) {
  if (query_.from > file.size) {
    const std::string of = "Content-Range: bytes */" + std::to_string(file.size) + "\r\n";
    return answer_error(416, actions, of);
  }
  const EntityTag tag(file);
  const auto id = cursors_.open(tag, query_.from, query_.lease, options_.clock());
  if (id == 0) {
    return answer_with_words(503, "Retry-After: 1\r\n",
                             std::to_string(cursors_.most()) +
                                 " cursors are open, and no more fit. Close those you no longer "
                                 "use (DELETE), or open them with a lease",
                             actions);
  }
  const std::string text(IdText(id).view());
  std::string where = "/";
  append_encoded(name_, where);
  where += "?cursor=" + text;
  const std::string how_long =
      query_.lease > 0 ? "if it is not used for " + seconds(query_.lease) : "when it is closed";
  answer_with_words(201,
                    "Location: " + where + "\r\nCursor: " + text +
                        "\r\nETag: " + std::string(tag.view()) + "\r\n",
                    "cursor " + text + " stands at " + std::to_string(query_.from) + ", and goes " +
                        how_long + ". Its next bytes: GET " + where + "&bytes=65536",
                    actions);
}

// The cursor moves before its bytes are sent. If they are lost on the way it does not go back: a
// GET that is not idempotent (RFC 9110 section 9.2.2), which is the price of a place kept here.
void FileSession::take_piece(const os::FileInfo& file, Actions& actions) {
  using Kind = Cursors::Piece::Kind;
  const auto piece =
      cursors_.take(query_.id, EntityTag(file), file.size, query_.bytes, options_.clock());
  switch (piece.kind) {
    case Kind::bytes:
      if (piece.first == piece.end) return answer_changed(204, nullptr, actions);
      return send_file(file, 206, piece.first, piece.end, actions);
    case Kind::gone:
      return cursor_is_gone(
          "it was closed, or its lease ran out, or it was kept in the memory of a server that has "
          "ended",
          actions);
    case Kind::expired:
      return cursor_is_gone("it was not used for its lease of " + seconds(piece.lease), actions);
    case Kind::changed:
      return answer_with_words(412, {},
                               "the file has changed since cursor " +
                                   std::string(IdText(query_.id).view()) +
                                   " was opened, or is not the one it was opened on. Close it, and "
                                   "open another: ?cursor=open",
                               actions);
  }
}

void FileSession::cursor_is_gone(std::string_view why, Actions& actions) {
  answer_with_words(410, {},
                    "cursor " + std::string(IdText(query_.id).view()) + " is gone: " +
                        std::string(why) + ". Open another where you are: ?cursor=open&from=OFFSET",
                    actions);
}

void FileSession::end_state(Actions& actions) {
  if (query_.kind == Query::Kind::cursor) {
    if (cursors_.close(query_.id)) return answer_changed(204, nullptr, actions);
    return cursor_is_gone("there is nothing to close", actions);
  }
  if (transfers_.cancel(query_.id)) return answer_changed(204, nullptr, actions);
  answer_with_words(404, {},
                    "transfer " + std::string(IdText(query_.id).view()) +
                        " is not under way: it has ended, or another process sends it",
                    actions);
}

// The file is as its client has it. False if that is the answer: it has waited as long as it
// wanted, or it has said more meanwhile.
bool FileSession::waits_for_change(Actions& actions) {
  const os::Nanos now = options_.clock();
  if (until_ == 0) until_ = now + query_.wait;
  if (now >= until_ || filled_ > consumed_ || filled_ == options_.limits.head) return false;
  state_ = State::watching;
  actions.close_file();
  actions.deadline(kLook);
  actions.receive();
  return true;
}

// By its name: what replaces a file is another one.
void FileSession::look_again(Actions& actions) {
  state_ = State::opening;
  actions.open(name_);
}

// Sends what is left of a piece of a transfer, for a moment, so that a client that does not read
// is no reason not to hear that it is cancelled. False if it is, or the piece has had its time.
bool FileSession::sends_on(std::size_t unsent, Actions& actions) {
  if (!transfer_.runs() || !has_time(actions)) return false;
  actions.send(sending_.last(unsent));
  return true;
}

// The same of a piece that may go straight from the file to the peer.
bool FileSession::forwards_on(Actions& actions) {
  if (!has_time(actions)) return false;
  actions.disk(work_);
  return true;
}

bool FileSession::has_time(Actions& actions) {
  const os::Nanos left = until_ - options_.clock();
  if (transfer_.is_cancelled() || left <= 0) return false;
  actions.deadline(transfer_.runs() ? std::min(kLook, left) : left);
  return true;
}

}  // namespace weft::servers::file
