// SPDX-License-Identifier: BSL-1.0
// I/O for fibers that share one LWP. As it stands each call waits in the kernel, and everybody with
// it. Let the fiber wait instead: park() it, and have poll_once() wake it.
//
// State may lie outside of the functions: plain variables, std::vector, std::map.
#include <ctime>

#include "stall.hpp"

namespace lab {
namespace {

// TODO: who waits, for which descriptor and events, until when? A fiber must be in here before it
// parks, and out of here when it goes on.

}  // namespace

ssize_t read_some(int fd, std::span<char> into) {
  return ::read(fd, into.data(), into.size());  // TODO
}

void poll_once(bool may_wait) {
  // TODO: a pollfd for each who waits; poll_wait() if we may wait, else poll_now(); unpark().
  (void)may_wait;
}

ssize_t write_all(int fd, std::span<const char> from) {
  return ::write(fd, from.data(), from.size());  // TODO
}

void sleep_for(Nanos duration) {
  const timespec t{duration / 1'000'000'000, duration % 1'000'000'000};
  ::nanosleep(&t, nullptr);  // TODO
}

ssize_t read_for(int fd, std::span<char> into, Nanos duration) {
  (void)duration;  // TODO
  return ::read(fd, into.data(), into.size());
}

}  // namespace lab
