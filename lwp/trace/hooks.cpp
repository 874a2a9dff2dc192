// SPDX-License-Identifier: BSL-1.0
#include "lwp/trace/hooks.hpp"

namespace weft::lwp::trace::detail {
namespace {

// "join of fiber" and the like have a number for an object; see Reason.
std::uint64_t number(const void* object) {
  return reinterpret_cast<std::uintptr_t>(object);
}

}  // namespace

void created(Ring& ring, const Task& task) {
  std::array<char, Task::kNameBytes> name;
  ring.record_text(Event::create, task.name(name), task.id());
  if (task.origin_file != nullptr) {
    ring.also(Event::origin, task.id(), number_of(task.origin_file), task.origin_line);
  }
}

void runs(Ring& ring, const Task& task) {
  ring.record(Event::run, task.id());
}

void leaves(Ring& ring, const Task& self, How how) {
  switch (how) {
    case How::parked:
      return ring.record(Event::park, number_of(self.waits_for.load(memory_order_relaxed)),
                         number(self.waits_object.load(memory_order_relaxed)));
    case How::yielded:
      return ring.record(Event::yield);
    case How::done:
      return ring.record(Event::done);
  }
}

void parks(Ring& ring, Reason why) {
  ring.record(Event::park, number_of(why.what), number(why.object));
}

// While the pool looks at timers, descriptors and messages, it is not the task that left, or is
// about to, who made another ready.
void ready(const Lwp& l, const Task& task, Why why) {
  const bool by_task = !l.attends && l.running.load(memory_order_relaxed) != nullptr;
  l.ring->record(by_task ? Event::ready : Event::woken, task.id(), static_cast<int>(why));
}

void object(Ring& ring, Event what, const char* kind, const void* object) {
  ring.record(what, number_of(kind), number(object));
}

void noticed(Ring& ring, const Lwp& l, const Episode& e, os::Nanos ago) {
  ring.record_text(Event::noticed, e.path.data(), l.index, e.task, number_of(e.call),
                   e.descriptor + 1, ago);
}

}  // namespace weft::lwp::trace::detail
