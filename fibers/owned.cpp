// SPDX-License-Identifier: BSL-1.0
#include "fibers/owned.hpp"

#include <mutex>

#include "lwp/dump.hpp"
#include "lwp/line.hpp"

namespace weft::fibers {
#ifndef NDEBUG
namespace {

// Guards ControlBlock::waits_on of every fiber. Who is woken clears its own under it before it goes
// on: so while we follow the arrows no object on the way can be destroyed. An arrow may be old (its
// fiber was made the owner and has yet to run), but then the next one leads from the object to that
// same fiber, and never further: no circle is seen that is not there.
lwp::Lock graph;

const ControlBlock* owner_of(const Owned& object) {
  return static_cast<const ControlBlock*>(object.owned_by());
}

bool leads_back(const ControlBlock& self) {
  // The second walker takes one step where we take two: circles without `self` end here, too.
  const ControlBlock* slow = &self;
  const ControlBlock* at = &self;
  for (bool step = false; at->waits_on != nullptr; step = !step) {
    bool first = at == &self;
    at = owner_of(*at->waits_on);
    if (at == &self) return !first;  // first: it has been made the owner since it joined the list
    if (at == nullptr) return false;
    if (step) slow = owner_of(*slow->waits_on);
    if (at == slow) return false;
  }
  return false;
}

void print_fiber(lwp::Line& line, const ControlBlock& fiber) {
  std::array<char, lwp::Task::kNameBytes> name;
  line.text("fiber ").number(fiber.id()).text(" ").text(fiber.name(name));
}

[[noreturn]] void report(const ControlBlock& self) {
  os::write_out(os::kStandardError, "weft: deadlock: fibers wait for each other in a circle\n");
  const ControlBlock* at = &self;
  do {
    const Owned& object = *at->waits_on;
    const ControlBlock* owner = owner_of(object);
    lwp::Line line;
    print_fiber(line.text("  "), *at);
    line.text(" waits for ").text(object.kind).text(" ").address(&object).text(", held by ");
    print_fiber(line, *owner);
    line.end(os::kStandardError);
    at = owner;
  } while (at != &self);
  lwp::end_deadlocked(*self.home);
}

}  // namespace

WaitsForOwner::WaitsForOwner(lwp::Core& core, const Owned& object, bool for_good) {
  if (!for_good) return;
  self_ = static_cast<ControlBlock*>(&core.task());
  std::lock_guard lock(graph);
  self_->waits_on = &object;
  if (leads_back(*self_)) report(*self_);
}

WaitsForOwner::~WaitsForOwner() {
  if (self_ == nullptr) return;
  std::lock_guard lock(graph);
  self_->waits_on = nullptr;
}

#else

WaitsForOwner::WaitsForOwner(lwp::Core&, const Owned&, bool) {}
WaitsForOwner::~WaitsForOwner() = default;

#endif
}  // namespace weft::fibers
