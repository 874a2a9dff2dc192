// SPDX-License-Identifier: BSL-1.0
// Low has borrowed high's priority: it counts, too, when somebody else might take its CPU, and when
// somebody did. Asked of a policy of its own, because only a runtime that preempts would ask.
#include "lwp/arch.hpp"
#include "lwp/policy_table.hpp"
#include "lwp/scheduler.hpp"
#include "order.hpp"

namespace {

using namespace weft::lwp;

class Newcomer final : public Task {
 public:
  Newcomer() {
    set_identity(1000, "middle");
    set_wishes({.priority = 30});
  }
  Left run(Lwp&) override { return {this, How::done}; }
};

}  // namespace

void program() {
  using namespace order;
  run_as(10, "low", [&] {
    Mutex printer;
    printer.lock();
    auto high = spawn({.name = "high", .priority = 60}, [&] { std::lock_guard lock(printer); });
    yield();
    Task& low = *arch::own_lwp()->running.load();
    const auto policy = policy_named("./file.cpp")->make(1);
    Newcomer middle;
    weft::check(!policy->preempts(middle, low), "inversion");
    policy->ready(middle, Why::created);
    policy->ready(low, Why::preempted);
    weft::check(policy->next() == &low, "inversion");
    printer.unlock();
    high.join();
  });
}
