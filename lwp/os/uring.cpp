// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/uring.hpp"

#include <algorithm>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int set_up(unsigned requests, io_uring_params& params, [[maybe_unused]] Uring::User user) {
  auto with = [&](unsigned flags) {
    params = {};
    params.flags = flags;
    return static_cast<int>(::syscall(SYS_io_uring_setup, requests, &params));
  };
#ifdef IORING_SETUP_DEFER_TASKRUN  // Linux 6.1: the kernel's part of the work waits for wait()
  constexpr unsigned kOfMaker = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  if (int fd = user == Uring::User::maker ? with(kOfMaker) : -1; fd >= 0) return fd;
#endif
  return with(0);
}

std::span<std::byte> map(int fd, std::size_t bytes, off_t what) {
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
  if (at == MAP_FAILED) fail("io_uring: mmap");
  return {static_cast<std::byte*>(at), bytes};
}

}  // namespace

Uring::Uring(User user) {
  io_uring_params p{};
  fd_.reset(set_up(kRequests, p, user));
  if (!fd_) fail("io_uring_setup");
  if (!(p.features & IORING_FEAT_SINGLE_MMAP)) {  // before Linux 5.4
    errno = ENOSYS;
    fail("io_uring_setup");
  }
  const std::size_t of_requests = p.sq_off.array + p.sq_entries * sizeof(unsigned),
                    of_answers = p.cq_off.cqes + p.cq_entries * sizeof(io_uring_cqe);
  rings_ = map(fd_.get(), std::max(of_requests, of_answers), IORING_OFF_SQ_RING);
  requests_ = map(fd_.get(), p.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
  auto number = [&](unsigned offset) {
    return reinterpret_cast<unsigned*>(rings_.data() + offset);
  };
  asked_ = number(p.sq_off.tail);
  read_ = number(p.cq_off.head);
  answered_ = number(p.cq_off.tail);
  answers_ = reinterpret_cast<io_uring_cqe*>(rings_.data() + p.cq_off.cqes);
  request_mask_ = *number(p.sq_off.ring_mask);
  answer_mask_ = *number(p.cq_off.ring_mask);
  for (unsigned i = 0; i < p.sq_entries; ++i) number(p.sq_off.array)[i] = i;
}

Uring::~Uring() {
  for (auto memory : {rings_, requests_}) ::munmap(memory.data(), memory.size());
}

io_uring_sqe& Uring::next(unsigned char what, int fd, std::uint64_t tag) {
  auto& request = reinterpret_cast<io_uring_sqe*>(requests_.data())[tail_++ & request_mask_];
  request = {};
  request.opcode = what;
  request.fd = fd;
  request.user_data = tag;
  return request;
}

void Uring::accept(int listener, std::uint64_t tag) {
  next(IORING_OP_ACCEPT, listener, tag).accept_flags = SOCK_CLOEXEC;
}

void Uring::receive(int fd, std::span<std::byte> into, std::uint64_t tag) {
  auto& request = next(IORING_OP_RECV, fd, tag);
  request.addr = reinterpret_cast<std::uintptr_t>(into.data());
  request.len = static_cast<unsigned>(into.size());
#ifdef IORING_RECVSEND_POLL_FIRST
  request.ioprio = IORING_RECVSEND_POLL_FIRST;  // nothing will be there yet
#endif
}

void Uring::send_and_receive(int fd, std::span<const std::byte> from, std::span<std::byte> into,
                             std::uint64_t tag) {
  auto& request = next(IORING_OP_SEND, fd, 0);
  request.addr = reinterpret_cast<std::uintptr_t>(from.data());
  request.len = static_cast<unsigned>(from.size());
  request.msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
  request.flags = IOSQE_IO_LINK;
#ifdef IOSQE_CQE_SKIP_SUCCESS
  request.flags |= IOSQE_CQE_SKIP_SUCCESS;
#endif
  receive(fd, into, tag);
}

void Uring::read(int fd, std::span<std::byte> into, std::uint64_t offset, std::uint64_t tag) {
  auto& request = next(IORING_OP_READ, fd, tag);
  request.addr = reinterpret_cast<std::uintptr_t>(into.data());
  request.len = static_cast<unsigned>(into.size());
  request.off = offset;
}

void Uring::enter(unsigned answers) {
  __atomic_store_n(asked_, tail_, __ATOMIC_RELEASE);
  const long n = ::syscall(SYS_io_uring_enter, fd_.get(), tail_ - handed_in_, answers,
                           IORING_ENTER_GETEVENTS, nullptr, 0);
  if (n >= 0) {
    handed_in_ += static_cast<unsigned>(n);
  } else if (errno != EINTR && errno != EAGAIN && errno != EBUSY) {
    fail("io_uring_enter");
  }
}

std::size_t Uring::wait(std::span<Done> into) {
  into = into.first(std::min<std::size_t>(into.size(), kRequests / 4));
  enter(1);
  return take(into);
}

std::size_t Uring::take(std::span<Done> into) {
  std::size_t n = 0;
  unsigned at = *read_;
  for (unsigned end = __atomic_load_n(answered_, __ATOMIC_ACQUIRE); at != end && n < into.size();
       ++at) {
    const io_uring_cqe& answer = answers_[at & answer_mask_];
    if (answer.user_data != 0) into[n++] = {answer.user_data, answer.res};
  }
  __atomic_store_n(read_, at, __ATOMIC_RELEASE);
  return n;
}

}  // namespace weft::lwp::os
