// SPDX-License-Identifier: BSL-1.0
// A part of the seam: io_uring, as far as one thread needs it that accepts, receives and sends, or
// reads files.
// Requests are written into a ring that the kernel reads, one call hands in all of them and waits,
// and answers are read from another ring. (J. Axboe, "Efficient IO with io_uring", 2019.)
#pragma once

#include "lwp/os.hpp"

struct io_uring_sqe;
struct io_uring_cqe;

namespace weft::lwp::os {

/// Not thread-safe. INVARIANT: the ring of requests never fills: a wait gives at most a quarter of
/// kRequests answers, and who takes one asks for two things at most; or each is handed in at once.
class Uring {
 public:
  /// The answer to a request.
  struct Done {
    std::uint64_t tag;
    int result;  ///< bytes or a descriptor; below 0: -errno
  };
  /// Whether the thread that makes it is the one that uses it, which is cheaper.
  enum class User { maker, another };
  /// Throws std::system_error when the kernel gives none.
  explicit Uring(User user = User::maker);
  ~Uring();
  Uring(const Uring&) = delete;

  void accept(int listener, std::uint64_t tag);
  void receive(int fd, std::span<std::byte> into, std::uint64_t tag);
  /// Sends all of `from`, then receives; one answer, the second's. -ECANCELED: not all was sent.
  void send_and_receive(int fd, std::span<const std::byte> from, std::span<std::byte> into,
                        std::uint64_t tag);
  void read(int fd, std::span<std::byte> into, std::uint64_t offset, std::uint64_t tag);
  /// Hands in what was asked for.
  void submit() { enter(0); }
  /// The same, and waits until there is an answer.
  std::size_t wait(std::span<Done> into);
  /// Answers that are there.
  std::size_t take(std::span<Done> into);
  /// Readable when an answer is there.
  int fd() const { return fd_.get(); }

 private:
  io_uring_sqe& next(unsigned char what, int fd, std::uint64_t tag);
  void enter(unsigned answers);

  static constexpr unsigned kRequests = 4096;

  Fd fd_;
  std::span<std::byte> rings_, requests_;
  // In memory shared with the kernel; heads and tails pair with its own.
  unsigned* asked_ = nullptr;                       // tail of the requests
  unsigned *read_ = nullptr, *answered_ = nullptr;  // head and tail of the answers
  io_uring_cqe* answers_ = nullptr;
  unsigned request_mask_ = 0, answer_mask_ = 0;
  unsigned tail_ = 0, handed_in_ = 0;  // of the requests: written; those that the kernel knows of
};

}  // namespace weft::lwp::os
