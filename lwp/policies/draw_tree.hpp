// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

#include "lwp/policy.hpp"

namespace weft::lwp {

/// Tasks with weights, one of which is drawn with a chance in proportion to its weight, in O(log
/// n). A binary tree linked through the tasks' policy bytes, whose nodes know the weight and the
/// number of all tasks below them: to draw, walk down by weight; to add, walk to the side with
/// fewer tasks, which keeps it level. After the tree of partial ticket sums in Waldspurger and
/// Weihl, "Lottery Scheduling", 1994.
class DrawTree {
  struct Node {
    Task* child[2];
    Task* parent;
    std::uint64_t weight : 40;  // of the task and all below it
    std::uint64_t count : 24;   // likewise
  };

 public:
  std::uint64_t weight() const { return root_ == nullptr ? 0 : at(root_).weight; }

  void add(Task& task, std::uint64_t weight) {
    Task* parent = nullptr;
    Task** place = &root_;
    while (*place != nullptr) {
      parent = *place;
      Node& n = at(parent);
      n.weight += weight;
      ++n.count;
      place = &n.child[count(n.child[0]) <= count(n.child[1]) ? 0 : 1];
    }
    at(&task) = {{nullptr, nullptr}, parent, weight, 1};
    *place = &task;
  }

  void remove(Task& task) {
    // A leaf from below it takes its place; on the way up the sums are put right.
    Task* leaf = &task;
    while (true) {
      const Node& n = at(leaf);
      Task* deeper = count(n.child[0]) >= count(n.child[1]) ? n.child[0] : n.child[1];
      if (deeper == nullptr) break;
      leaf = deeper;
    }
    std::uint64_t own = own_weight(task), leaf_weight = at(leaf).weight;
    for (Task* t = at(leaf).parent; t != nullptr; t = at(t).parent) {
      at(t).weight -= leaf_weight;
      --at(t).count;
    }
    replace(*leaf, nullptr);
    if (leaf == &task) return;
    for (Task* t = &task; t != nullptr; t = at(t).parent) {
      at(t).weight = at(t).weight + leaf_weight - own;
    }
    at(leaf) = at(&task);
    replace(task, leaf);
    for (Task* child : at(leaf).child) {
      if (child != nullptr) at(child).parent = leaf;
    }
  }

  /// The task on which `ticket` falls. REQUIRES ticket < weight().
  Task& at_ticket(std::uint64_t ticket) const {
    Task* task = root_;
    while (true) {
      const Node& n = at(task);
      std::uint64_t left = weight(n.child[0]);
      if (ticket < left) {
        task = n.child[0];
        continue;
      }
      ticket -= left;
      std::uint64_t own = own_weight(*task);
      if (ticket < own) return *task;
      ticket -= own;
      task = n.child[1];
    }
  }

 private:
  static Node& at(Task* task) { return task->data<Node>(); }
  static std::uint64_t weight(Task* task) { return task == nullptr ? 0 : at(task).weight; }
  static std::uint64_t count(Task* task) { return task == nullptr ? 0 : at(task).count; }
  static std::uint64_t own_weight(Task& task) {
    const Node& n = at(&task);
    return n.weight - weight(n.child[0]) - weight(n.child[1]);
  }

  // Puts `other` (or nothing) where `task` hangs.
  void replace(Task& task, Task* other) {
    Task* parent = at(&task).parent;
    if (parent == nullptr) {
      root_ = other;
    } else {
      at(parent).child[at(parent).child[0] == &task ? 0 : 1] = other;
    }
  }

  Task* root_ = nullptr;
};

/// Numbers that look random, the same from the same seed everywhere (Steele, Lea and Flood, "Fast
/// Splittable Pseudorandom Number Generators", 2014: SplitMix).
class Lots {
 public:
  explicit Lots(std::uint64_t seed) : state_(seed) {}
  /// Even in [0, n) as far as 64 bits go. REQUIRES n > 0.
  std::uint64_t below(std::uint64_t n) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % n;
  }

 private:
  std::uint64_t state_;
};

}  // namespace weft::lwp
