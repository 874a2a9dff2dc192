// SPDX-License-Identifier: BSL-1.0
// expect: stall.keeps-registration
// The poll takes an entry out when its descriptor is ready; at a deadline nobody does.
#include <algorithm>
#include <vector>

#include "stall.hpp"

namespace lab {
namespace {

struct Wait {
  Handle fiber;
  int fd;
  short events;
};
struct Sleep {
  Handle fiber;
  Nanos deadline;
};
std::vector<Wait> waits;
std::vector<Sleep> sleeps;

void sleep_until(Nanos deadline) {
  sleeps.push_back({self(), deadline});
  park();
  std::erase_if(sleeps, [&](const Sleep& s) { return s.fiber == self(); });
}

void wait_for(int fd, short events) {
  const bool there = std::ranges::any_of(
      waits, [&](const Wait& w) { return w.fiber == self() && w.fd == fd && w.events == events; });
  if (!there) waits.push_back({self(), fd, events});
}

}  // namespace

ssize_t read_for(int fd, std::span<char> into, Nanos duration) {
  const Nanos deadline = duration == kNever ? kNever : now() + duration;
  while (true) {
    const ssize_t n = try_read(fd, into);
    if (n >= 0) return n;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return -1;
    if (now() >= deadline) {
      errno = ETIMEDOUT;
      return -1;
    }
    wait_for(fd, POLLIN);
    sleep_until(deadline);
  }
}

ssize_t read_some(int fd, std::span<char> into) {
  return read_for(fd, into, kNever);
}

ssize_t write_all(int fd, std::span<const char> from) {
  std::size_t done = 0;
  while (done < from.size()) {
    const ssize_t n = try_write(fd, from.subspan(done));
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      wait_for(fd, POLLOUT);
      park();
    } else if (errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(done);
}

void sleep_for(Nanos duration) {
  const Nanos deadline = now() + duration;
  while (now() < deadline) sleep_until(deadline);
}

void poll_once(bool may_wait) {
  std::vector<pollfd> all;
  Nanos first = kNever;
  for (const Wait& w : waits) all.push_back({w.fd, w.events, 0});
  for (const Sleep& s : sleeps) first = std::min(first, s.deadline);
  if ((may_wait ? poll_wait(all, first) : poll_now(all)) > 0) {
    for (std::size_t i = all.size(); i-- > 0;) {
      if (all[i].revents == 0) continue;
      unpark(waits[i].fiber);
      waits.erase(waits.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (const Sleep& s : sleeps) {
    if (now() >= s.deadline) unpark(s.fiber);
  }
}

}  // namespace lab
