// SPDX-License-Identifier: BSL-1.0
// One HTTP connection. Its input buffer holds the request under way and whatever the client sent
// behind it; requests are answered in order, one at a time. The head of an answer is written into
// the output buffer and the file's first bytes are read right behind it, so that a small file
// leaves in one send. While a body arrives, the output buffer holds the part that is not on the
// disk yet.
//
//   file_session.cpp   requests in, refusals out
//   fetch.cpp          GET and HEAD: files, redirects, listings
//   state.cpp          cursors, watches, transfers that are cancelled
//   change.cpp         PUT, DELETE and what dav.hpp plans
#pragma once

#include "servers/file/body_reader.hpp"
#include "servers/file/file_service.hpp"
#include "servers/file/head_scanner.hpp"
#include "servers/file/query.hpp"
#include "servers/file/request.hpp"
#include "servers/file/response.hpp"

namespace weft::servers::file {

class FileSession final : public Session, private Precondition {
 public:
  FileSession(const FileOptions& options, const lwp::atomic<bool>& draining, Cursors& cursors,
              Transfers& transfers);
  ~FileSession() override { ended(); }
  std::span<std::byte> room() override;
  // Who watches is not waited for, neither by other clients nor by the end of the server.
  bool in_request() const override {
    return state_ != State::watching && (state_ != State::heading || filled_ > consumed_);
  }
  std::optional<Answered> answered() const override;
  void on(const Event& event, Actions& actions) override;
  void ended() override { transfers_.end(transfer_); }

 private:
  /// What it waits for.
  enum class State : std::uint8_t {
    heading,     ///< the rest of a head
    opening,     ///< the file
    listing,     ///< what is in the folder
    reading,     ///< the file's next bytes
    sending,     ///< an answer, or a part of it, to be sent
    creating,    ///< the temporary file of an upload
    inviting,    ///< 100 Continue to be sent
    uploading,   ///< more of the body
    writing,     ///< a part of it to be on the disk
    publishing,  ///< the upload to take its name
    changing,    ///< DELETE, MKCOL, COPY, MOVE
    watching,    ///< a while, to look at the file again
    closing,
  };

  // file_session.cpp
  void reset();
  void forget_request();
  void look_at_input(bool first, Actions& actions);
  bool line_too_long(std::string_view input) const;
  void begin(std::string_view head, Actions& actions);
  void start(Actions& actions);
  void answer_options(Actions& actions);
  void sent(Actions& actions);
  void failed(int error, Actions& actions);
  void deadline(const Event& event, Actions& actions);
  void answer_error(int status, Actions& actions, std::string_view more = {});
  void send(std::size_t bytes, Actions& actions);
  void end(Actions& actions);
  void break_off(bool fault, Actions& actions);
  Answer answer(int status);

  // fetch.cpp
  void fetch(Actions& actions);
  void opened(const os::FileInfo& file, Actions& actions);
  void not_opened(int error, Actions& actions);
  void redirect(Actions& actions);
  void answer_elsewhere(int status, const std::string& where, Actions& actions);
  void answer_owners(Actions& actions);
  void answer_with_file(const os::FileInfo& file, Actions& actions);
  void send_file(const os::FileInfo& file, int status, std::uint64_t first, std::uint64_t end,
                 Actions& actions);
  void read_on(std::size_t behind, Actions& actions);
  void chunk_read(std::size_t bytes, Actions& actions);
  void list(Actions& actions);
  void listed(Actions& actions);
  void answer_with_page(int status, std::string_view fields, std::string_view text,
                        Actions& actions);
  void send_page(Actions& actions);

  // state.cpp
  void answer_with_words(int status, std::string_view fields, std::string_view words,
                         Actions& actions);
  void open_cursor(const os::FileInfo& file, Actions& actions);
  void take_piece(const os::FileInfo& file, Actions& actions);
  void cursor_is_gone(std::string_view why, Actions& actions);
  void end_state(Actions& actions);
  bool waits_for_change(Actions& actions);
  void look_again(Actions& actions);
  bool sends_on(std::size_t unsent, Actions& actions);
  bool forwards_on(Actions& actions);
  bool has_time(Actions& actions);

  // change.cpp
  void change(Actions& actions);
  void upload(Actions& actions);
  void receive_body(Actions& actions);
  void body_received(std::size_t bytes, Actions& actions);
  bool decode(std::span<const std::byte> raw, std::size_t& used, Actions& actions);
  void body_goes_on(Actions& actions);
  void disk_done(const DiskDone& done, Actions& actions);
  void answer_changed(int status, const os::FileInfo* file, Actions& actions);
  bool holds(const os::FileInfo* current) const override;

  const FileOptions& options_;
  const lwp::atomic<bool>& draining_;
  Cursors& cursors_;
  Transfers& transfers_;
  std::unique_ptr<std::byte[]> in_, out_;
  std::size_t filled_ = 0;    ///< bytes of in_ that are input
  std::size_t consumed_ = 0;  ///< of those, the request under way
  HeadScanner scanner_;
  Request request_;           ///< views point into in_ until the next is looked for
  BodyReader body_;           ///< of the request
  Query query_;               ///< likewise
  std::size_t gathered_ = 0;  ///< bytes at the front of out_ that are to be written
  std::string name_;          ///< of the file; its memory is used again
  std::string to_;            ///< of the destination, likewise
  DiskWork work_;             ///< under way
  std::unique_ptr<FolderListing> listing_;
  std::string page_;      ///< of a listing, with its head; also what else is of no bounded length
  std::size_t head_ = 0;  ///< bytes at the front of out_ not yet sent
  std::uint64_t offset_ = 0;            ///< of the file or page, next to be read or written
  std::uint64_t end_ = 0;               ///< of what is announced of it
  Transfer transfer_;                   ///< runs while an answer of several pieces does
  std::span<const std::byte> sending_;  ///< the piece under way
  os::Nanos until_ = 0;          ///< when it must have gone, or a watch ends; 0: it has not begun
  int status_ = 0;               ///< of the answer
  std::uint64_t body_sent_ = 0;  ///< of its body, once all is
  os::Nanos date_second_ = -1;
  HttpDate date_{};
  State state_ = State::heading;
  bool keep_alive_ = true;
  bool linger_ = false;
  bool index_tried_ = false;
  bool fault_ = false;  ///< 500, 503, 507
};

}  // namespace weft::servers::file
