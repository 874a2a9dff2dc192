// SPDX-License-Identifier: BSL-1.0
#include "fibers/overflow.hpp"

#include "fibers/engine.hpp"
#include "lwp/line.hpp"

namespace weft::fibers {
namespace {

constexpr std::size_t kKiB = 1024;

std::uintptr_t number(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p);
}

bool meets_guard(const os::Fault& fault, const StackBounds& stack) {
  if (stack.bytes == 0) return false;
  const auto guard_end = number(stack.bottom);
  const auto first = number(fault.address);
  return first < guard_end && first + fault.bytes > guard_end - os::page_size();
}

/// The calls under way, innermost first, as far as the functions keep frame pointers.
class Calls {
 public:
  Calls(const os::Fault& fault, const StackBounds& stack)
      : pc_(fault.pc),
        frame_(fault.frame),
        from_(number(stack.bottom)),
        to_(from_ + stack.bytes - kFrame) {
    if (pc_ == nullptr) next();
  }
  /// Where the function is, or will go on; null at the end.
  const void* pc() const { return pc_; }
  void next() {
    pc_ = nullptr;
    const auto at = number(frame_);
    if (at % sizeof(void*) != 0 || at < from_ || at > to_) return;
    const auto* saved = static_cast<const void* const*>(frame_);
    frame_ = saved[0];
    pc_ = saved[1];
    from_ = at + kFrame;  // callers lie higher, so this ends
  }

 private:
  static constexpr std::uintptr_t kFrame =
      2 * sizeof(void*);  // the caller's frame, where to return
  const void* pc_;
  const void* frame_;
  std::uintptr_t from_;
  const std::uintptr_t to_;
};

void print_calls(const os::Fault& fault, const StackBounds& stack) {
  constexpr int kNamed = 6;
  std::array<char, 128> name;
  Calls calls(fault, stack);
  lwp::Line line;
  const char* how = "  in ";
  for (int lines = 0; calls.pc() != nullptr && lines < kNamed; ++lines) {
    const void* pc = calls.pc();
    std::uint64_t times = 0;
    for (; calls.pc() == pc; calls.next()) ++times;  // a recursion
    auto function = os::function_at(pc, name);
    line.text(how);
    if (function.empty()) {
      line.text("the code at ").address(pc);
    } else {
      line.text(function);
    }
    if (times > 1) line.text(", ").number(times).text(" times");
    line.end(os::kStandardError);
    how = "  called by ";
  }
  if (calls.pc() != nullptr) line.text("  …").end(os::kStandardError);
}

void print_mend(const StackBounds& stack) {
  const std::uint64_t twice = 2 * stack.bytes / kKiB;
  lwp::Line line;
  line.text("  mend: weft serve --stack ").number(twice).text("K; in a program ");
  line.text("Config::stack_bytes = ").number(twice).text(" * 1024; or keep big things elsewhere");
  line.end(os::kStandardError);
}

bool explain(const os::Fault& fault) {
  const auto* fiber =
      static_cast<const ControlBlock*>(lwp::current()->running.load(lwp::memory_order_relaxed));
  if (fiber == nullptr) return false;
  const StackBounds stack = fiber->stack_bounds();
  if (!meets_guard(fault, stack)) return false;
  std::array<char, lwp::Task::kNameBytes> name;
  lwp::Line line;
  line.text("weft: fiber ").number(fiber->id()).text(" ").text(fiber->name(name));
  line.text(" overflowed its stack of ").number(stack.bytes / kKiB).text(" KiB");
  if (fault.by_kernel) line.text(": a buffer that the kernel was to use lies in the guard");
  line.end(os::kStandardError);
  print_calls(fault, stack);
  print_mend(stack);
  return true;
}

}  // namespace

void explain_overflows() {
  (void)os::page_size();  // remembered now
  os::on_fault(explain);
}

}  // namespace weft::fibers
