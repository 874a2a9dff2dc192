// SPDX-License-Identifier: BSL-1.0
#include "labs/measure/measure.hpp"

#include <algorithm>

#include "fibers/fiber.hpp"

namespace weft::labs::measure {

using fibers::Engine;
using fibers::Mapping;
using fibers::OnBlock;
using lwp::os::Nanos;
using lwp::os::now;

std::vector<Row> rows(const OperationKind& operation) {
  fibers::Config one{.mapping = Mapping::many_to_one, .notice_blocking = true};
  fibers::Config two{.mapping = Mapping::many_to_many, .lwps = 2, .notice_blocking = true};
  fibers::Config handoff{.mapping = Mapping::many_to_many, .lwps = 1, .on_block = OnBlock::handoff};
  fibers::Config offload{
      .mapping = Mapping::many_to_one, .on_block = OnBlock::offload, .notice_blocking = true};
  fibers::Config kernel{.mapping = Mapping::one_to_one};
  fibers::Config boost{.mapping = Mapping::many_to_one, .engine = Engine::boost_fiber};
  std::vector<Row> all = {{"measure.row_one", one},         {"measure.row_two", two},
                          {"measure.row_handoff", handoff}, {"measure.row_offload", offload, true},
                          {"measure.row_kernel", kernel},   {"measure.row_boost", boost}};
  if (operation.computes) {
    fibers::Config preempt = handoff;
    preempt.preempt = fibers::kUsualSlice;
    all.insert(all.begin() + 3, {"measure.row_preempt", preempt});
  }
  return all;
}

Measured measure(const Row& row, const OperationKind& operation, Nanos length) {
  Measured out;
  auto call = operation.make();
  call->prepare(length);
  fibers::Runtime runtime(row.config);
  runtime.run([&] {
    lwp::atomic<bool> done{false};
    lwp::atomic<Nanos> began{0}, ended{0};
    fibers::Fiber ticker = fibers::spawn({"ticker"}, [&] {
      Nanos last = now();
      while (!done.load()) {
        fibers::yield();
        Nanos at = now();
        // The part of this gap that lies in the call.
        Nanos from = std::max(last, began.load());
        if (began.load() > 0) out.gap = std::max(out.gap, at - from);
        last = at;
      }
    });
    fibers::Fiber caller = fibers::spawn({"caller"}, [&] {
      for (int i = 0; i < 100; ++i) fibers::yield();
      began.store(now());
      if (row.announced) {
        fibers::blocking("measured", [&] { call->block(); });
      } else {
        call->block();
      }
      ended.store(now());
    });
    caller.join();
    done.store(true);
    ticker.join();
    out.call = ended.load() - began.load();
    out.lwps = runtime.stats().lwps;
    out.preemptions = runtime.stats().preemptions;
  });
  out.gap = std::min(out.gap, out.call);
  for (auto& e : runtime.episodes()) {
    if (!out.episode || e.length > out.episode->length) out.episode = e;
  }
  return out;
}

}  // namespace weft::labs::measure
