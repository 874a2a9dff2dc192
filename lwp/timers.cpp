// SPDX-License-Identifier: BSL-1.0
#include "lwp/timers.hpp"

#include <utility>

namespace weft::lwp {

Timer* Timers::meld(Timer* a, Timer* b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (b->deadline < a->deadline) std::swap(a, b);
  b->back = a;
  b->sibling = a->child;
  if (a->child != nullptr) a->child->back = b;
  a->child = b;
  return a;
}

// Melds neighbours from left to right, then the results from right to left; without recursion,
// because a million timers may hang under one node.
Timer* Timers::meld_pairs(Timer* first) {
  Timer* pairs = nullptr;  // melded so far, linked by `sibling`, the last one first
  while (first != nullptr) {
    Timer* a = first;
    Timer* b = a->sibling;
    first = b == nullptr ? nullptr : b->sibling;
    a->sibling = a->back = nullptr;
    if (b != nullptr) b->sibling = b->back = nullptr;
    Timer* pair = meld(a, b);
    pair->sibling = pairs;
    pairs = pair;
  }
  Timer* root = nullptr;
  while (pairs != nullptr) {
    Timer* rest = std::exchange(pairs->sibling, nullptr);
    root = meld(pairs, root);
    pairs = rest;
  }
  return root;
}

void Timers::arm(Timer& t) {
  t.child = t.sibling = t.back = nullptr;
  t.armed = true;
  root_ = meld(root_, &t);
}

void Timers::disarm(Timer& t) {
  if (!t.armed) return;
  t.armed = false;
  if (root_ == &t) {
    root_ = meld_pairs(t.child);
    return;
  }
  (t.back->child == &t ? t.back->child : t.back->sibling) = t.sibling;
  if (t.sibling != nullptr) t.sibling->back = t.back;
  root_ = meld(root_, meld_pairs(t.child));
}

Task* Timers::expire(os::Nanos now) {
  while (root_ != nullptr && root_->deadline <= now) {
    Timer& t = *root_;
    disarm(t);
    Task* task = t.waiter->task;
    if (t.waiter->claim(Outcome::timed_out)) return task;
  }
  return nullptr;
}

}  // namespace weft::lwp
