// SPDX-License-Identifier: BSL-1.0
// expect: stall.mixes-directions
// A table by descriptor: the second who waits for it takes the first one's place.
#include <algorithm>
#include <map>

#include "stall.hpp"

namespace lab {
namespace {

struct Wait {
  Handle fiber;
  short events;
};
std::map<int, Wait> waits;

void wait_for(int fd, short events) {
  waits[fd] = {self(), events};
  park();
  waits.erase(fd);
}

}  // namespace

ssize_t read_some(int fd, std::span<char> into) {
  while (true) {
    const ssize_t n = try_read(fd, into);
    if (n >= 0) return n;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return -1;
    wait_for(fd, POLLIN);
  }
}

ssize_t read_for(int fd, std::span<char> into, Nanos) {
  return read_some(fd, into);  // not yet
}

ssize_t write_all(int fd, std::span<const char> from) {
  std::size_t done = 0;
  while (done < from.size()) {
    const ssize_t n = try_write(fd, from.subspan(done));
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      wait_for(fd, POLLOUT);
    } else if (errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(done);
}

void sleep_for(Nanos) {}

void poll_once(bool may_wait) {
  std::vector<pollfd> all;
  for (const auto& [fd, wait] : waits) all.push_back({fd, wait.events, 0});
  const int ready = may_wait ? poll_wait(all, kNever) : poll_now(all);
  for (const pollfd& one : all) {
    if (ready > 0 && one.revents != 0) unpark(waits.at(one.fd).fiber);
  }
}

}  // namespace lab
