// SPDX-License-Identifier: BSL-1.0
// What the runtime records, and where. Each hook is one predictable branch while nothing is
// recorded. REQUIRES the calling LWP's own ring: in core, or outside it where nothing interrupts.
#pragma once

#include "lwp/scheduler.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::lwp::trace {

namespace detail {
void created(Ring& ring, const Task& task);
void runs(Ring& ring, const Task& task);
void leaves(Ring& ring, const Task& self, How how);
void parks(Ring& ring, Reason why);
void ready(const Lwp& l, const Task& task, Why why);
void object(Ring& ring, Event what, const char* kind, const void* object);
void noticed(Ring& ring, const Lwp& l, const Episode& e, os::Nanos ago);
}  // namespace detail

/// The LWP's task goes on, or begins.
inline void runs(const Lwp& l, const Task& task) {
  if (l.ring != nullptr) [[unlikely]]
    detail::runs(*l.ring, task);
}
/// `self` leaves the LWP, and `next` (null: the dispatch loop) goes on there.
inline void switches(const Lwp& l, const Task& self, How how, const Task* next) {
  if (l.ring == nullptr) [[likely]]
    return;
  detail::leaves(*l.ring, self, how);
  if (next != nullptr) l.ring->also(Event::run, next->id());
}
/// A kernel thread's own task parks, and is back.
inline void parks(const Lwp& l, Reason why) {
  if (l.ring != nullptr) [[unlikely]]
    detail::parks(*l.ring, why);
}
inline void created(const Lwp& l, const Task& task) {
  if (l.ring != nullptr) [[unlikely]]
    detail::created(*l.ring, task);
}
inline void ready(const Lwp& l, const Task& task, Why why) {
  if (l.ring != nullptr) [[unlikely]]
    detail::ready(l, task, why);
}
/// It was told before it waits.
inline void notified(const Lwp& l, const Task& task) {
  if (l.ring != nullptr) [[unlikely]]
    l.ring->record(Event::notify, task.id());
}
inline void idle(const Lwp& l, bool begins) {
  if (l.ring != nullptr) [[unlikely]]
    l.ring->record(begins ? Event::idle : Event::busy);
}
/// A kernel thread's own task ends.
inline void ends(const Lwp& l, const Task& task) {
  if (l.ring != nullptr) [[unlikely]]
    detail::leaves(*l.ring, task, How::done);
}
/// `what` is Event::acquire, release, send or receive.
inline void use(const Lwp& l, Event what, const char* kind, const void* object) {
  if (l.ring != nullptr) [[unlikely]]
    detail::object(*l.ring, what, kind, object);
}
inline void blocks(const Lwp& l, const char* call) {
  if (l.ring != nullptr) [[unlikely]]
    l.ring->record(Event::block, number_of(call));
}
inline void unblocked(const Lwp& l, os::Nanos ago) {
  if (l.ring != nullptr) [[unlikely]]
    l.ring->record(Event::unblock, ago < 0 ? 0 : ago);
}
/// Its task needs a permit to go on; runs() says when it has it.
inline void bound(const Lwp& l, Why why) {
  if (l.ring != nullptr) [[unlikely]]
    l.ring->record(Event::bound, static_cast<int>(why));
}
/// By any thread of weft: it records in its own ring.
inline void permit_goes(const Lwp* from, const Lwp& to) {
  if (Ring* ring = current()->ring) [[unlikely]]
    ring->record(Event::permit, from == nullptr ? 0 : from->index, to.index);
}

/// `l` has been asleep in the kernel for `ago` with a task that did not say so. As permit_goes().
inline void noticed(const Lwp& l, const Episode& e, os::Nanos ago) {
  if (Ring* ring = current()->ring) [[unlikely]]
    detail::noticed(*ring, l, e, ago);
}

}  // namespace weft::lwp::trace
