// SPDX-License-Identifier: BSL-1.0
// Given. The lab fills in io.cpp and offload.cpp.
//
// One LWP runs all fibers. A call that waits in the kernel stops it, and with it everybody. So
// nobody waits there but the scheduler, and only when it has nothing else to do:
//
//   a fiber:        try ──► EAGAIN ──► note who waits for what ──► park ──► try again
//   the scheduler:  nobody is ready ──► poll_once(true) ──► unpark those whose turn has come
#pragma once

#include <cerrno>
#include <functional>
#include <poll.h>
#include <span>
#include <sys/types.h>
#include <unistd.h>

#include "fibers/park.hpp"
#include "lwp/atomic.hpp"
#include "lwp/os.hpp"

namespace lab {

using weft::lwp::os::kMillisecond;
using weft::lwp::os::kNever;  ///< a time that does not come
using weft::lwp::os::Nanos;   ///< nanoseconds
using weft::lwp::os::now;

/// As std::atomic. The checks let another thread go on before each operation, and after each store.
template <class T>
class atomic : public weft::lwp::atomic<T> {
  using Base = weft::lwp::atomic<T>;

 public:
  using Base::Base;
  void store(T value) {
    Base::store(value);
    (void)Base::load();
  }
  T operator=(T value) {
    store(value);
    return value;
  }
};

// ---- yours, in io.cpp --------------------------------------------------------------------------

/// Waits until something can be read. The bytes that came, 0 at the end, -1 and errno for an error
/// (EAGAIN and EINTR are none).
ssize_t read_some(int fd, std::span<char> into);
/// Likewise, but no longer than that: then -1 and ETIMEDOUT.
ssize_t read_for(int fd, std::span<char> into, Nanos duration);
/// Writes all of it, and returns how much that is; -1 and errno for an error.
ssize_t write_all(int fd, std::span<const char> from);
/// Waits that long.
void sleep_for(Nanos duration);

/// Called by the scheduler, on a fiber of its own. Asks the kernel once about all that fibers wait
/// for, and unparks those for whom it is there, or whose time has come. `may_wait`: nobody is
/// ready, so it may wait for the first of them. Else others are ready, and it only looks.
void poll_once(bool may_wait);

// ---- yours, in offload.cpp ---------------------------------------------------------------------

/// Calls `f`, for which no descriptor tells when it is done (a name look-up, a library's lock, a
/// file on a disk), on a kernel thread of its own, and returns its result. Other fibers run
/// meanwhile.
long run_blocking(const std::function<long()>& f);

// ---- given: the scheduler's door ---------------------------------------------------------------

using Handle = weft::fibers::Handle;

/// The calling fiber.
Handle self();
/// Lets others run until unpark(self()). It may return early, so look again at what you wait for.
void park();
/// Makes a parked fiber ready. If it is not parked yet, its next park() returns at once. Also from
/// a Thread. REQUIRES that the fiber has not ended.
void unpark(Handle fiber);

/// A kernel thread: Thread t("name", function). Its destructor, and t.join(), wait for its end, and
/// the LWP waits with them.
using Thread = weft::lwp::os::Thread;

// ---- given: the kernel's calls that do not wait ------------------------------------------------

/// One attempt. As ::read and ::write, and they may do less than was asked for; where nothing can
/// be done yet they return -1 at once, with errno EAGAIN, and may do so for no reason. EINTR: a
/// signal came, and nothing was done.
ssize_t try_read(int fd, std::span<char> into);
ssize_t try_write(int fd, std::span<const char> from);

/// As poll(2): fills in `revents` and returns how many are not 0. It may say so for no reason. An
/// entry whose fd is negative is left out. Never waits.
int poll_now(std::span<pollfd> all);
/// Likewise, but keeps the LWP until one of them is ready, until now() reaches `deadline`, or until
/// a Thread has unparked a fiber, which is then ready. So 0 may come before the deadline. -1 and
/// EINTR: a signal came, and `revents` say nothing.
int poll_wait(std::span<pollfd> all, Nanos deadline);

}  // namespace lab
