// SPDX-License-Identifier: BSL-1.0
// Fibers under a policy that loses every fifth of them.
#include "fibers/fiber.hpp"
#include "lwp/policies/fifo.hpp"
#include "lwp/policy_table.hpp"

using namespace weft;

namespace {

class Loses final : public lwp::Policy {
 public:
  void ready(lwp::Task& task, lwp::Why why) override {
    if (++offered_ % 5 != 0) fifo_.ready(task, why);
  }
  lwp::Task* next() override { return fifo_.next(); }

 private:
  lwp::Fifo fifo_;
  int offered_ = 0;
};

}  // namespace

int main() {
  lwp::add_policy("loses", lwp::policy_type<Loses>());
  fibers::Runtime runtime({.mapping = fibers::Mapping::many_to_one, .policy = "loses"});
  runtime.run([] {
    std::vector<fibers::Fiber> all;
    for (int i = 0; i < 9; ++i) all.push_back(fibers::spawn([] { fibers::yield(); }));
  });
}
