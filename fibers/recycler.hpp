// SPDX-License-Identifier: BSL-1.0
// Control blocks of fibers that have ended, with their stacks, for those to come: last in, first
// out, because their stacks are warm. The holder of a permit keeps two magazines of them to itself
// (Permit::recycled) and exchanges whole ones with a depot, so LWPs that spawn side by side share
// nothing; after J. Bonwick and J. Adams, "Magazines and Vmem", 2001. Who has no permit (plain
// threads, the other engines) comes to the depot for each block.
#pragma once

#include "lwp/lock.hpp"
#include "lwp/permit.hpp"
#include "lwp/scheduler.hpp"

namespace weft::fibers {

class ControlBlock;
class EngineBase;

/// Both REQUIRE core.
class Recycler {
 public:
  explicit Recycler(EngineBase& engine) : engine_(engine) {}

  /// Null: there is none.
  ControlBlock* take(lwp::Lwp& l);
  void put(lwp::Lwp& l, ControlBlock& block);

 private:
  class AtDepot;
  lwp::Magazine* magazine_of(lwp::Lwp& l) const;

  EngineBase& engine_;
  lwp::Lock lock_;
  ControlBlock* depot_ = nullptr;  // guarded by lock_: a stack of magazines
};

}  // namespace weft::fibers
