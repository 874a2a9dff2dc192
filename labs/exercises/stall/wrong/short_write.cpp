// SPDX-License-Identifier: BSL-1.0
// expect: stall.short-write
// Takes a short write for a whole one.
#include <algorithm>
#include <vector>

#include "stall.hpp"

namespace lab {
namespace {

// Who waits, for what, and until when. It lies on the waiting fiber's own stack, and is in `waits`
// from before the fiber parks until the fiber goes on, whatever woke it.
struct Wait {
  Handle fiber;
  int fd;  // -1: for the deadline alone
  short events;
  Nanos deadline;
};
std::vector<Wait*> waits;

void wait_for(int fd, short events, Nanos deadline) {
  Wait wait{self(), fd, events, deadline};
  waits.push_back(&wait);
  park();
  std::erase(waits, &wait);
}

ssize_t read_until(int fd, std::span<char> into, Nanos deadline) {
  while (true) {
    const ssize_t n = try_read(fd, into);
    if (n >= 0) return n;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return -1;
    if (now() >= deadline) {
      errno = ETIMEDOUT;
      return -1;
    }
    wait_for(fd, POLLIN, deadline);
  }
}

}  // namespace

ssize_t read_some(int fd, std::span<char> into) {
  return read_until(fd, into, kNever);
}

ssize_t read_for(int fd, std::span<char> into, Nanos duration) {
  return read_until(fd, into, now() + duration);
}

ssize_t write_all(int fd, std::span<const char> from) {
  std::size_t done = 0;
  while (done < from.size()) {
    const ssize_t n = try_write(fd, from.subspan(done));
    if (n >= 0) {
      return n;
    } else if (errno == EAGAIN) {
      wait_for(fd, POLLOUT, kNever);
    } else if (errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(done);
}

void sleep_for(Nanos duration) {
  const Nanos deadline = now() + duration;
  while (now() < deadline) wait_for(-1, 0, deadline);
}

void poll_once(bool may_wait) {
  std::vector<pollfd> all;
  Nanos first = kNever;
  for (const Wait* w : waits) {
    all.push_back({w->fd, w->events, 0});
    first = std::min(first, w->deadline);
  }
  const int ready = may_wait ? poll_wait(all, first) : poll_now(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool there = ready > 0 && all[i].revents != 0;  // POLLHUP and POLLERR, too
    if (there || now() >= waits[i]->deadline) unpark(waits[i]->fiber);
  }
}

}  // namespace lab
