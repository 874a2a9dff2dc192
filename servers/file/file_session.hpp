// SPDX-License-Identifier: BSL-1.0
// One HTTP connection. Its input buffer holds the request under way and whatever the client sent
// behind it; requests are answered in order, one at a time. The head of an answer is written into
// the output buffer and the file's first bytes are read right behind it, so that a small file
// leaves in one send.
#pragma once

#include "servers/file/file_service.hpp"
#include "servers/file/head_scanner.hpp"
#include "servers/file/request.hpp"
#include "servers/file/response.hpp"

namespace weft::servers::file {

class FileSession final : public Session {
 public:
  FileSession(const FileOptions& options, const lwp::atomic<bool>& draining);
  std::span<std::byte> room() override;
  bool in_request() const override { return state_ != State::heading || filled_ > 0; }
  void on(const Event& event, Actions& actions) override;

 private:
  enum class State : std::uint8_t { heading, opening, reading, sending, closing };

  void reset();
  void look_at_input(Actions& actions);
  void begin(std::string_view head, Actions& actions);
  void opened(const os::FileInfo& file, Actions& actions);
  void answer_with_file(const os::FileInfo& file, Actions& actions);
  void chunk_read(std::size_t bytes, Actions& actions);
  void sent(Actions& actions);
  void failed(int error, Actions& actions);
  void answer_error(int status, Actions& actions);
  void send(std::size_t bytes, Actions& actions);
  void end(Actions& actions);
  void break_off(Actions& actions);
  Answer answer(int status);
  std::span<std::byte> chunk(std::size_t behind);

  const FileOptions& options_;
  const lwp::atomic<bool>& draining_;
  std::unique_ptr<std::byte[]> in_, out_;
  std::size_t filled_ = 0;    ///< bytes of in_ that are input
  std::size_t consumed_ = 0;  ///< of those, the head under way
  HeadScanner scanner_;
  Request request_;           ///< views point into in_ until the request ends
  std::string name_;          ///< of the file; its memory is used again
  std::size_t head_ = 0;      ///< bytes at the front of out_ not yet sent
  std::uint64_t offset_ = 0;  ///< of the file, next to be read
  std::uint64_t size_ = 0;    ///< of the file, as announced
  os::Nanos date_second_ = -1;
  HttpDate date_{};
  State state_ = State::heading;
  bool keep_alive_ = true;
  bool linger_ = false;
  bool index_tried_ = false;
  bool fault_ = false;  ///< 5xx
};

}  // namespace weft::servers::file
