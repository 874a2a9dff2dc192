// SPDX-License-Identifier: BSL-1.0
// Waits for several channels at once and does exactly one of the cases:
//
//   std::optional<int> n;
//   switch (select(receive_from(numbers, n), send_to(out, line), at_deadline(t))) {
//     case 0: …  // n came from `numbers`; or it is empty: the channel is closed
//     case 1: …  // `line` was moved into `out`
//     case 2: …  // neither could be done until t
//   }
//
// Returns the index of the case that was done. If several can be, the choice is random, so none is
// starved. `otherwise()` makes it return at once if no channel case can be done; `at_deadline(t)`
// and `on_stop(token)` end the wait. A closed channel's case can always be done.
//
// How (as Go's selectgo): all channels are locked in the order of their addresses; the cases are
// tried in random order; if none can be done a waiter joins each channel's list, and the locks are
// dropped. All waiters are claimed as one (lwp/waiter.hpp): whoever takes one hands over its value
// under its channel's lock, and nobody can take another, so no value is lost when two fire.
#pragma once

#include <span>

#include "fibers/channel.hpp"

namespace weft::fibers {

/// One case of a select; made by the functions below.
class SelectCase {
 public:
  enum class Kind { channel, deadline, stop, otherwise };

  explicit SelectCase(Kind kind, lwp::Lock* lock = nullptr) : kind(kind), lock(lock) {}
  SelectCase(const SelectCase&) = delete;
  virtual ~SelectCase() = default;

  /// Does it now if that is possible, and says whose wait is to be ended. REQUIRES the lock.
  virtual bool attempt(bool /*alone*/, lwp::Waiter*&) { return false; }
  /// Joins the channel's list with `w`, leaves it. REQUIRES the lock.
  virtual void join(lwp::Waiter&) {}
  virtual void leave(lwp::Waiter&) {}
  /// After `w` was taken.
  virtual void done(const lwp::Waiter&) {}

  const Kind kind;
  lwp::Lock* const lock;                  ///< the channel's
  os::Nanos deadline = os::kNever;        ///< of Kind::deadline
  const std::stop_token* stop = nullptr;  ///< of Kind::stop
};

/// At most that many cases.
inline constexpr std::size_t kSelectCases = 32;

/// See above. Not more than kSelectCases; at most one of each kind but channels.
std::size_t select_among(std::span<SelectCase* const> cases);

namespace detail {

template <class T>
class ReceiveCase final : public SelectCase {
 public:
  ReceiveCase(Channel<T>& channel, std::optional<T>& into)
      : SelectCase(Kind::channel, &channel.lock_), channel_(channel), into_(into) {
    into.reset();  // not in core: it may run a destructor
  }

  bool attempt(bool alone, lwp::Waiter*& wake) override {
    std::optional<T> value = channel_.take(alone, wake);
    if (!value && !channel_.closed_) return false;
    if (value) into_.emplace(std::move(*value));
    lwp::sanitizer::acquire(&channel_);
    return true;
  }
  void join(lwp::Waiter& w) override {
    w.offer = &into_;
    channel_.receivers_.push(w);
  }
  void leave(lwp::Waiter& w) override { channel_.receivers_.remove(w); }
  void done(const lwp::Waiter&) override { lwp::sanitizer::acquire(&channel_); }

 private:
  Channel<T>& channel_;
  std::optional<T>& into_;
};

template <class T>
class SendCase final : public SelectCase {
 public:
  SendCase(Channel<T>& channel, T& value, bool* sent)
      : SelectCase(Kind::channel, &channel.lock_), channel_(channel), value_(value), sent_(sent) {}

  bool attempt(bool alone, lwp::Waiter*& wake) override {
    lwp::sanitizer::release(&channel_);
    if (!channel_.closed_ && !channel_.give(alone, value_, wake)) return false;
    say(!channel_.closed_);
    return true;
  }
  void join(lwp::Waiter& w) override {
    lwp::sanitizer::release(&channel_);
    w.offer = &value_;
    channel_.senders_.push(w);
  }
  void leave(lwp::Waiter& w) override { channel_.senders_.remove(w); }
  void done(const lwp::Waiter& w) override { say(w.offer == nullptr); }

 private:
  void say(bool sent) {
    if (sent_ != nullptr) *sent_ = sent;
  }
  Channel<T>& channel_;
  T& value_;
  bool* const sent_;
};

class LimitCase final : public SelectCase {
 public:
  explicit LimitCase(os::Nanos when) : SelectCase(Kind::deadline) { deadline = when; }
  explicit LimitCase(const std::stop_token& token) : SelectCase(Kind::stop) { stop = &token; }
  LimitCase() : SelectCase(Kind::otherwise) {}
};

}  // namespace detail

/// The next value moves to `into`, which is emptied first and stays empty if the channel is closed.
template <class T>
auto receive_from(Channel<T>& channel, std::optional<T>& into) {
  return detail::ReceiveCase<T>(channel, into);
}
/// `value` moves into the channel; unless it is closed, which `sent`, if given, tells. While other
/// cases are done, `value` stays as it is.
template <class T>
auto send_to(Channel<T>& channel, T& value, bool* sent = nullptr) {
  return detail::SendCase<T>(channel, value, sent);
}
/// os::now() reaches `deadline`.
inline auto at_deadline(os::Nanos deadline) {
  return detail::LimitCase(deadline);
}
/// A stop is requested. The token must outlive the select.
inline auto on_stop(const std::stop_token& token) {
  return detail::LimitCase(token);
}
/// No channel case can be done now.
inline auto otherwise() {
  return detail::LimitCase();
}

template <class... Cases>
std::size_t select(Cases&&... cases) {
  static_assert(sizeof...(cases) > 0 && sizeof...(cases) <= kSelectCases);
  SelectCase* const list[] = {&cases...};
  return select_among(list);
}

}  // namespace weft::fibers
