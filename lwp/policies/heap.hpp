// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <utility>

#include "lwp/policy.hpp"

namespace weft::lwp {

/// What a TaskHeap keeps in a task.
struct HeapNode {
  Task* child;
  Task* sibling;
  Task* back;  // the sibling before it, or the parent of the first child
  std::int64_t key;
};
inline std::int64_t& heap_key(Task& task) {
  return task.data<HeapNode>().key;
}

/// By key; among equal keys the one of the lesser number, so that the order is the same everywhere.
struct LesserKey {
  static bool before(Task& a, Task& b) {
    return heap_key(a) != heap_key(b) ? heap_key(a) < heap_key(b) : a.id() < b.id();
  }
};

/// Tasks in an order. A pairing heap (Fredman, Sedgewick, Sleator and Tarjan, 1986; the
/// same as lwp/timers.hpp has) linked through the tasks' policy bytes: adding is O(1), taking and
/// removing O(log n) amortised. The key
/// stays in the task after it was taken. What is compared may change in a task that is in the heap,
/// if that task is removed and added again next.
template <class Before = LesserKey>
class TaskHeap {
 public:
  using Node = HeapNode;

  Task* first() const { return root_; }

  /// Adds it under the key that it has.
  void add(Task& task) {
    Node& n = task.data<Node>();
    n.child = n.sibling = n.back = nullptr;
    root_ = meld(root_, &task);
  }

  Task* take() {
    Task* task = root_;
    if (task != nullptr) root_ = meld_pairs(at(task).child);
    return task;
  }

  void remove(Task& task) {
    if (&task == root_) {
      take();
      return;
    }
    Node& n = at(&task);
    (at(n.back).child == &task ? at(n.back).child : at(n.back).sibling) = n.sibling;
    if (n.sibling != nullptr) at(n.sibling).back = n.back;
    root_ = meld(root_, meld_pairs(n.child));
  }

 private:
  static Node& at(Task* task) { return task->data<Node>(); }

  static Task* meld(Task* a, Task* b) {
    if (a == nullptr) return b;
    if (b == nullptr) return a;
    if (Before::before(*b, *a)) std::swap(a, b);
    Node& parent = at(a);
    at(b).back = a;
    at(b).sibling = parent.child;
    if (parent.child != nullptr) at(parent.child).back = b;
    parent.child = b;
    return a;
  }

  // Pairs from the left, then melds the pairs from the right; without recursion.
  static Task* meld_pairs(Task* first) {
    Task* pairs = nullptr;  // linked by sibling, the last first
    while (first != nullptr) {
      Task* a = first;
      Task* b = at(a).sibling;
      first = b == nullptr ? nullptr : at(b).sibling;
      for (Task* t : {a, b}) {
        if (t != nullptr) at(t).sibling = at(t).back = nullptr;
      }
      a = meld(a, b);
      at(a).sibling = pairs;
      pairs = a;
    }
    Task* all = nullptr;
    while (pairs != nullptr) {
      Task* pair = std::exchange(pairs, at(pairs).sibling);
      at(pair).sibling = nullptr;
      all = meld(all, pair);
    }
    return all;
  }

  Task* root_ = nullptr;
};

}  // namespace weft::lwp
