// SPDX-License-Identifier: BSL-1.0
// The limit of every switch: a context of Boost.Context and nothing else. No fiber, no scheduler,
// nothing of what switch.hpp carries. For measurements, which say what the rest costs.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <boost/context/fiber.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "fibers/stack.hpp"

namespace weft::fibers {

/// A context that is not running, seen from the one that is. Belongs to one kernel thread.
class BareContext {
 public:
  /// Will call `body` with its caller's context; `body` must never return.
  template <void (*body)(BareContext)>
  static BareContext on(const Stack& stack) {
    return BareContext(boost::context::detail::make_fcontext(
        stack.top(), stack.bytes(),
        [](boost::context::detail::transfer_t from) { body(BareContext(from.fctx)); }));
  }
  /// Runs it until it switches back.
  [[gnu::always_inline]] void switch_to() {
    context_ = boost::context::detail::jump_fcontext(context_, nullptr).fctx;
  }

 private:
  explicit BareContext(boost::context::detail::fcontext_t context) : context_(context) {}
  boost::context::detail::fcontext_t context_;
};

/// Stacks for bare fibers: taken and put back, last in, first out. Belongs to one kernel thread.
class BareStacks {
 public:
  explicit BareStacks(std::size_t bytes) : bytes_(bytes) {}

  /// Runs `body` on a stack of its own as a fiber of Boost.Context, to its end.
  template <class F>
  void run(F body) {
    boost::context::fiber fiber(std::allocator_arg, Allocator{this},
                                [&body](boost::context::fiber&& caller) {
                                  body();
                                  return std::move(caller);
                                });
    std::move(fiber).resume();
  }

 private:
  struct Allocator {
    BareStacks* stacks;
    boost::context::stack_context allocate() { return stacks->take(); }
    void deallocate(boost::context::stack_context& stack) { stacks->free_.push_back(stack); }
  };
  boost::context::stack_context take() {
    if (free_.empty()) {
      made_.push_back(std::make_unique<Stack>(bytes_));
      boost::context::stack_context fresh;
      fresh.sp = made_.back()->top();
      fresh.size = bytes_;
      free_.push_back(fresh);
    }
    auto stack = free_.back();
    free_.pop_back();
    return stack;
  }

  const std::size_t bytes_;
  std::vector<boost::context::stack_context> free_;
  std::vector<std::unique_ptr<Stack>> made_;
};

}  // namespace weft::fibers
