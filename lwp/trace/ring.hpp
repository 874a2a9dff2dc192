// SPDX-License-Identifier: BSL-1.0
// The recording of one kernel thread: it alone writes, without a lock, into a chunk of memory that
// is the file itself (os::append_mapped). So what was recorded is there however the process ends.
//
// Each event is complete before its first byte is written, because others may read at any time, and
// a process may end in the middle of one. Most are written in core, of which ThreadSanitizer sees
// nothing: it sees none, or a chunk taken in core would look stolen to who writes outside.
#pragma once

#include <string_view>

#include "lwp/arch.hpp"
#include "lwp/atomic.hpp"
#include "lwp/os.hpp"
#include "lwp/sanitizer.hpp"
#include "lwp/trace/format.hpp"

namespace weft::lwp {
struct Lwp;
}

namespace weft::lwp::trace {

inline unsigned char* put_number(unsigned char* to, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) *to++ = static_cast<unsigned char>(n | 0x80);
  *to++ = static_cast<unsigned char>(n);
  return to;
}

class Ring {
 public:
  static constexpr std::size_t kMostText = 120;

  template <class... Numbers>
  void record(Event event, Numbers... numbers) {
    sanitizer::Hidden hidden;
    if (unsigned char* to = room(sizeof...(numbers))) {
      const std::uint64_t now = ticks();
      const std::uint64_t since = since_last(now);
      write(to, event, since, numbers...);
    }
  }
  /// At the same moment as the event before.
  template <class... Numbers>
  void also(Event event, Numbers... numbers) {
    sanitizer::Hidden hidden;
    if (unsigned char* to = room(sizeof...(numbers))) write(to, event, 0, numbers...);
  }
  /// With a text, cut to kMostText, after its numbers.
  template <class... Numbers>
  void record_text(Event event, std::string_view text, Numbers... numbers) {
    sanitizer::Hidden hidden;
    text = text.substr(0, kMostText);
    unsigned char* to = room(sizeof...(numbers) + 1, text.size());
    if (to == nullptr) return;
    const std::uint64_t now = ticks();
    const std::uint64_t since = since_last(now);
    unsigned char* p = put_number(to + 1, since);
    ((p = put_number(p, static_cast<std::uint64_t>(numbers))), ...);
    p = put_text(p, text);
    complete(to, p, event);
  }

 private:
  friend class Recorder;
  static constexpr std::size_t kMostNumber = 10;  // bytes

  std::uint64_t ticks() const {
    return by_counter_ ? arch::ticks() : static_cast<std::uint64_t>(os::now());
  }
  std::uint64_t since_last(std::uint64_t now) {
    const std::uint64_t last = last_.load(memory_order_relaxed);
    if (now <= last) return 0;
    last_.store(now, memory_order_relaxed);
    return now - last;
  }
  unsigned char* room(std::size_t numbers, std::size_t text = 0) {
    if (static_cast<std::size_t>(end_ - at_) < 1 + kMostNumber * (1 + numbers) + text) [[unlikely]]
      return next_chunk() ? at_ : nullptr;
    return at_;
  }
  template <class... Numbers>
  void write(unsigned char* to, Event event, std::uint64_t since, Numbers... numbers) {
    unsigned char* p = put_number(to + 1, since);
    ((p = put_number(p, static_cast<std::uint64_t>(numbers))), ...);
    complete(to, p, event);
  }
  static unsigned char* put_text(unsigned char* to, std::string_view text) {
    to = put_number(to, text.size());
    for (char c : text) *to++ = static_cast<unsigned char>(c);
    return to;
  }
  void complete(unsigned char* to, unsigned char* end, Event event) {
    compiler_fence();  // pairs with who reads a chunk that is being written
    *to = static_cast<unsigned char>(event);
    at_ = end;
    latest_.store(event, memory_order_relaxed);
    events_.store(events_.load(memory_order_relaxed) + 1, memory_order_relaxed);
  }
  bool next_chunk();
  // An event found no room. False if the ring has no chunk to say so. Nothing more goes into that
  // chunk, even if it would fit: what is behind a loss must not look as if it were before it.
  bool counts_loss() {
    if (chunk_ == nullptr) return false;
    end_ = at_;
    ++dropped_;
    ++chunk_->dropped_after;
    return true;
  }

  unsigned char* at_ = nullptr;
  unsigned char* end_ = nullptr;
  bool by_counter_ = false;
  bool pinned_ = false;  // its chunks are never taken for other events
  Header* chunk_ = nullptr;
  std::uint64_t sequence_ = 0, dropped_ = 0;
  atomic<std::uint64_t> bytes_{0};  // of closed chunks
  // Written by the ring's thread; read by who looks at it from outside (looks.hpp), as a hint.
  atomic<std::uint64_t> last_{0};  // ticks at the last event
  atomic<std::uint64_t> events_{0};
  atomic<Event> latest_{Event::none};
  const Lwp* of_ = nullptr;       // whose it is; guarded by Recorder::rings_lock_, as the next
  std::uint64_t only_fiber_ = 0;  // of Alone
  os::Nanos opened_ = 0, opened_cpu_ = 0;  // Moment's; likewise
  std::uint64_t events_seen_ = 0;          // by the service thread; likewise
  std::uint32_t number_ = 0, thread_ = 0, lwp_ = 0, runtime_ = 0;
  atomic<bool> in_use_{false};
};

}  // namespace weft::lwp::trace
