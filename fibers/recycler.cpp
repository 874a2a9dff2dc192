// SPDX-License-Identifier: BSL-1.0
#include "fibers/recycler.hpp"

#include <utility>

#include "fibers/engine.hpp"

namespace weft::fibers {

namespace {
constexpr int kMagazine = 32;  // blocks
}

/// The depot's lock, which one alone does not need.
class Recycler::AtDepot {
 public:
  AtDepot(Recycler& recycler, lwp::Lwp& l) : lock_(l.alone ? nullptr : &recycler.lock_) {
    if (lock_ != nullptr) lock_->lock();
  }
  ~AtDepot() {
    if (lock_ != nullptr) lock_->unlock();
  }
  AtDepot(const AtDepot&) = delete;

 private:
  lwp::Lock* const lock_;
};

lwp::Magazine* Recycler::magazine_of(lwp::Lwp& l) const {
  return l.permit != nullptr && l.engine == &engine_ ? &l.permit->recycled : nullptr;
}

ControlBlock* Recycler::take(lwp::Lwp& l) {
  lwp::Magazine* mine = magazine_of(l);
  if (mine == nullptr) {
    AtDepot locked(*this, l);
    ControlBlock* block = depot_;
    if (block == nullptr) return nullptr;
    if (ControlBlock* rest = block->next_free) {
      rest->next_magazine = block->next_magazine;
      depot_ = rest;
    } else {
      depot_ = block->next_magazine;
    }
    return block;
  }
  if (mine->first == nullptr) {
    mine->first = std::exchange(mine->full, nullptr);
    if (mine->first == nullptr) {
      AtDepot locked(*this, l);
      if (depot_ == nullptr) return nullptr;
      mine->first = std::exchange(depot_, depot_->next_magazine);
    }
    mine->count = kMagazine;
  }
  auto* block = static_cast<ControlBlock*>(mine->first);
  mine->first = block->next_free;
  --mine->count;
  return block;
}

void Recycler::put(lwp::Lwp& l, ControlBlock& block) {
  lwp::Magazine* mine = magazine_of(l);
  if (mine == nullptr) {
    AtDepot locked(*this, l);
    block.next_free = nullptr;
    block.next_magazine = std::exchange(depot_, &block);
    return;
  }
  if (mine->count == kMagazine) {
    if (auto* full = static_cast<ControlBlock*>(mine->full)) {
      AtDepot locked(*this, l);
      full->next_magazine = std::exchange(depot_, full);
    }
    mine->full = std::exchange(mine->first, nullptr);
    mine->count = 0;
  }
  block.next_free = static_cast<ControlBlock*>(mine->first);
  mine->first = &block;
  ++mine->count;
}

}  // namespace weft::fibers
