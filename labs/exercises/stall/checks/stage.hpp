// SPDX-License-Identifier: BSL-1.0
// What the checks stand on: fibers that are known by name, a scheduler's idle fiber that calls
// poll_once(), a clock and a network outside, and a kernel with moods.
#pragma once

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <utility>

#include "fibers/engine.hpp"
#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
#include "stall.hpp"

namespace stage {

namespace fibers = weft::fibers;
namespace os = weft::lwp::os;
using lab::kMillisecond;
using weft::check;

constexpr int kMany = 100;  // more than anybody needs

// ---- fibers ------------------------------------------------------------------------------------

/// A fiber of the check. All of them begin at the same time, for what they do takes none.
class Actor {
 public:
  template <class F>
  Actor(const char* name, F body) : next_(std::exchange(all, this)) {
    fiber_ = fibers::spawn({.name = name}, [this, body, at = os::now()] {
      handle_ = fibers::self();
      if (held != nullptr) check(os::now() == at, held);
      body();
      handle_ = nullptr;
    });
  }
  /// Whoever calls.
  Actor() : handle_(fibers::self()), next_(std::exchange(all, this)) {}
  ~Actor() {
    if (fiber_.joinable()) fiber_.join();
    Actor** at = &all;
    while (*at != this) at = &(*at)->next_;
    *at = next_;
  }
  Actor(const Actor&) = delete;
  void join() { fiber_.join(); }
  lab::Handle handle() const { return handle_; }

  /// Said of who wakes it while it is to be left alone; null: nobody minds.
  const char* leave_alone = nullptr;
  int attempts = 0;  // its calls of try_read and try_write

  static Actor* find(lab::Handle handle) {
    for (Actor* a = all; a != nullptr; a = a->next_) {
      if (a->handle_ == handle) return a;
    }
    return nullptr;
  }
  static inline const char* held = "stalled";  // said where another came late; null: nothing is

 private:
  static inline Actor* all = nullptr;
  fibers::Fiber fiber_;
  lab::Handle handle_ = nullptr;  // while it runs
  Actor* next_;
};

// ---- the scheduler -----------------------------------------------------------------------------

inline int bell = -1;          // rings where something from outside has made a fiber ready
inline int lwp = 0;            // the thread that runs the fibers
inline int unparks = 0;        // by the student's code
inline int asked = 0;          // calls of poll_wait and poll_now
inline bool may_wait = false;  // what poll_once was told
inline bool answered = false;  // its poll_wait has said that a fiber is ready
inline int interruptions = 0;  // of polls: so many are to come
inline int false_alarms = 0;   // likewise
inline const char* wakes_nobody = "wakes-nobody";

inline void ring() {
  const std::uint64_t one = 1;
  if (bell >= 0) (void)!::write(bell, &one, sizeof one);
}
/// From outside: a fiber is to look again.
inline void wake(lab::Handle fiber) {
  if (fiber == nullptr) return;
  fibers::unpark(fiber);
  ring();
}

/// While it lives, the scheduler calls poll_once() where nobody else is ready, and now and then.
class Stage {
 public:
  explicit Stage(bool polls = true) : outside_(fibers::current_engine().scheduler()) {
    lwp = os::thread_id();
    if (!polls) return;
    bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    idle_ = fibers::spawn({.name = "idle"}, [this] { idle(); });
  }
  ~Stage() {
    ends_ = true;
    if (idle_.joinable()) idle_.join();
    if (bell >= 0) ::close(std::exchange(bell, -1));
  }
  Stage(const Stage&) = delete;

 private:
  static constexpr int kNowAndThen = 8;

  void idle() {
    int in_vain = 0, rounds = 0;
    while (true) {
      fibers::yield();
      if (ends_) return;
      if (fibers::current_engine().ready_count() > 0) {
        if (++rounds % kNowAndThen == 0) poll(false);
        continue;
      }
      const int unparks_before = unparks, asked_before = asked;
      const lab::Nanos before = os::now();
      poll(true);
      const bool moved = unparks != unparks_before || answered || os::now() > before;
      in_vain = moved ? 0 : in_vain + 1;
      check(in_vain < kMany, asked == asked_before ? "never-asks" : wakes_nobody);
    }
  }
  static void poll(bool wait) {
    answered = false;
    may_wait = wait;
    lab::poll_once(wait);
    may_wait = false;
  }

  weft::lwp::Outside
      outside_;  // threads of ours may wake fibers: that nobody is ready says nothing
  Actor main_;
  fibers::Fiber idle_;
  bool ends_ = false;
};

// ---- outside -----------------------------------------------------------------------------------

/// A kernel thread that ticks, a number of times, for one fiber.
class Clock {
 public:
  Clock(lab::Nanos every, int times)
      : thread_("clock", [this, every, times] {
          for (int i = 0; i < times; ++i) {
            os::sleep_until(os::now() + every);
            ++count_;
            last_ = os::now();
            wake(listener_);
          }
        }) {}
  /// Waits for the next tick, as fibers wait.
  void tick() {
    listener_ = fibers::self();
    while (seen_ == count_) fibers::park();
    seen_ = count_;
    listener_ = nullptr;
  }
  /// So many ticks, each heard when it comes.
  void ticks(int many) {
    for (int i = 0; i < many; ++i) {
      tick();
      check(os::now() == last_, "stalled");
    }
  }

 private:
  lab::Handle listener_ = nullptr;
  int count_ = 0, seen_ = 0;
  lab::Nanos last_ = 0;
  os::Thread thread_;
};

/// A kernel thread for what comes from elsewhere: it calls `script`, which says when.
class Network {
 public:
  template <class F>
  explicit Network(F script)
      : thread_("network", [script, start = os::now()] {
          script(
              [start](int milliseconds) { os::sleep_until(start + milliseconds * kMillisecond); });
        }) {}
  void join() { thread_.join(); }

 private:
  os::Thread thread_;
};

/// A pipe, which writes as far as a page.
struct Pipe {
  int fds[2];
  Pipe() { check(::pipe2(fds, O_CLOEXEC) == 0, "a pipe"); }
  ~Pipe() {
    close_write();
    close_read();
  }
  Pipe(const Pipe&) = delete;
  int read_end() const { return fds[0]; }
  int write_end() const { return fds[1]; }
  void put(std::string_view text) {
    check(::write(fds[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()),
          "a write to the pipe");
  }
  void close_write() { close(fds[1]); }
  void close_read() { close(fds[0]); }

 private:
  static void close(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
};

inline std::string_view text_of(const char* room, ssize_t n) {
  return {room, n < 0 ? 0 : static_cast<std::size_t>(n)};
}
/// One letter, read as the lab reads.
inline void expect(int fd, char letter) {
  char room[4];
  const ssize_t n = lab::read_some(fd, room);
  check(n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK), "gives-up");
  check(text_of(room, n) == std::string_view(&letter, 1), "wrong-bytes");
}

// ---- the kernel's moods ------------------------------------------------------------------------

inline int signals = 0;                    // so many attempts are interrupted
inline int not_yet = 0;                    // so many find nothing
inline int errors = 0;                     // so many fail
inline std::size_t most = 64;              // bytes that an attempt moves
inline void (*after_nothing)() = nullptr;  // happens once where an attempt finds nothing

inline int fails(int error) {
  errno = error;
  return -1;
}

// The kernel's own poll, which is no wait of the program's that its story should tell of.
inline int poll_at_once(std::span<pollfd> all) {
  return static_cast<int>(::syscall(SYS_poll, all.data(), all.size(), 0));
}
inline bool ready_now(int fd, short events) {
  pollfd one{fd, events, 0};
  return poll_at_once({&one, 1}) > 0;
}

/// Before an attempt: 0, or the error that it ends with.
inline int mood(int fd, short events) {
  if (Actor* a = Actor::find(fibers::self())) check(++a->attempts < kMany, "spins");
  if (signals > 0) return --signals, EINTR;
  if (errors > 0) return --errors, EIO;
  if (not_yet > 0) return --not_yet, EAGAIN;
  if (ready_now(fd, events)) return 0;
  if (auto happens = std::exchange(after_nothing, nullptr)) happens();
  return EAGAIN;
}

inline int answer(std::span<pollfd> all) {
  const int n = poll_at_once(all);
  for (pollfd& one : all) check((one.revents & POLLNVAL) == 0, "keeps-registration");
  if (n > 0 || false_alarms == 0) return n;
  for (pollfd& one : all) {
    if (one.fd < 0) continue;
    --false_alarms;
    one.revents = one.events;
    return 1;
  }
  return n;
}

inline int add(int set, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace stage

lab::Handle lab::self() {
  return weft::fibers::self();
}
void lab::park() {
  weft::fibers::park();
}
void lab::unpark(Handle fiber) {
  stage::Actor* a = stage::Actor::find(fiber);
  stage::check(a != nullptr, "wakes-the-dead");
  if (a->leave_alone != nullptr) stage::check(false, a->leave_alone);
  ++stage::unparks;
  weft::fibers::unpark(fiber);
  if (stage::os::thread_id() != stage::lwp) stage::ring();
}

ssize_t lab::try_read(int fd, std::span<char> into) {
  if (const int error = stage::mood(fd, POLLIN)) return stage::fails(error);
  return ::read(fd, into.data(), std::min(into.size(), stage::most));
}
ssize_t lab::try_write(int fd, std::span<const char> from) {
  if (const int error = stage::mood(fd, POLLOUT)) return stage::fails(error);
  return ::write(fd, from.data(), std::min(from.size(), stage::most));
}

int lab::poll_now(std::span<pollfd> all) {
  ++stage::asked;
  return stage::answer(all);
}
int lab::poll_wait(std::span<pollfd> all, Nanos deadline) {
  ++stage::asked;
  stage::check(stage::may_wait || deadline <= now(), "waits-when-busy");
  stage::check(!stage::answered, "waits-when-busy");
  if (stage::interruptions > 0) {
    for (pollfd& one : all) one.revents = one.events;  // which mean nothing then
    return --stage::interruptions, stage::fails(EINTR);
  }
  if (const int n = stage::answer(all); n != 0) return n;
  // One descriptor for all of them: the wait is the LWP's, and no call that the program would be
  // told of.
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  stage::add(set, stage::bell, EPOLLIN);
  for (const pollfd& one : all) {
    if (one.fd < 0) continue;
    std::uint32_t events = 0;
    for (const pollfd& same : all) {
      if (same.fd == one.fd) events |= static_cast<std::uint32_t>(same.events);
    }
    stage::add(set, one.fd, events);
  }
  weft::lwp::os::wait_ready(set, weft::lwp::os::kReadable, deadline);
  ::close(set);
  if (stage::ready_now(stage::bell, POLLIN)) {
    std::uint64_t rung;
    (void)!::read(stage::bell, &rung, sizeof rung);
    stage::answered = true;
  }
  return stage::answer(all);
}
