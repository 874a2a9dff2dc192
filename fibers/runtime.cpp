// SPDX-License-Identifier: BSL-1.0
#include "fibers/runtime.hpp"

#include <stdexcept>

#include "fibers/attached_threads.hpp"
#include "fibers/gdb/script.hpp"
#include "lwp/arch.hpp"
#include "lwp/dump.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::fibers {
namespace {

// Nobody reads it, so the linker would leave it out.
[[gnu::used]] const char* const linked = gdb_script;

std::unique_ptr<EngineBase> make_engine(const Config& config) {
  if (auto why = refuse(config)) throw std::invalid_argument(*why);
  if (config.engine == Engine::boost_fiber) return make_boost_engine(config);
  if (config.mapping == Mapping::one_to_one) return make_one_to_one_engine(config);
  return make_weft_engine(config);
}

}  // namespace

struct Runtime::Impl {
  explicit Impl(Config c)
      : config(std::move(c)),
        engine(make_engine(config)),
        known(engine->scheduler(), config.dump_on_sigquit) {
    explain_overflows();
  }
  const Config config;
  const std::unique_ptr<EngineBase> engine;
  const lwp::Known known;
};

Runtime::Runtime(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Runtime::~Runtime() = default;

void Runtime::run(std::function<void()> main) {
  struct Body {
    std::function<void()>* function;
    std::exception_ptr* error;
  };
  if (lwp::current()->scheduler != nullptr) lwp::broken("Runtime::run() inside a fiber");
  lwp::trace::start_from_environment();
  lwp::trace::runtime_begins(impl_->engine->scheduler(), name(impl_->config.on_block));
  // A new context takes over the flags of the thread that makes it, and main's is made here, before
  // this thread is an LWP.
  lwp::arch::prepare_floating_point();
  os::AlternateStack for_faults;
  std::exception_ptr error;
  EngineBase& engine = *impl_->engine;
  ControlBlock& block = engine.create("main", {sizeof(Body), alignof(Body)});
  block.set_wishes({});
  new (block.closure) Body{&main, &error};
  block.invoke = [](void* closure) {
    auto& body = *static_cast<Body*>(closure);
    try {
      (*body.function)();
    } catch (...) {
      *body.error = std::current_exception();
    }
  };
  {
    lwp::Core core;
    lwp::sanitizer::release(&block);
    block.detach(core.lwp());  // no handle
  }
  engine.run(block);
  engine.attached().wait_until_left();
  {
    lwp::Core core;
    lwp::sanitizer::acquire(&engine);  // every fiber's end comes before ours
  }
  if (error) std::rethrow_exception(error);
}

EngineBase& Runtime::engine() {
  return *impl_->engine;
}

const Config& Runtime::config() const {
  return impl_->config;
}

Stats Runtime::stats() const {
  const EngineBase& e = *impl_->engine;
  Stats s;
  s.spawned = e.spawned();
  s.switches = e.switches();
  s.blocking_calls = e.blocking_calls.load(lwp::memory_order_relaxed);
  s.blocked_ns = e.blocked_ns.load(lwp::memory_order_relaxed);
  s.ready_at_block = e.ready_at_block.load(lwp::memory_order_relaxed);
  s.blocked_while_ready_ns = e.blocked_while_ready_ns.load(lwp::memory_order_relaxed);
  s.ready_now = e.ready_count();
  s.lwps = e.lwp_count();
  s.preemptions = e.preemptions();
  s.offloaded = e.offloaded.load(lwp::memory_order_relaxed);
  s.episodes = impl_->engine->scheduler().episodes.totals();
  return s;
}

std::vector<lwp::Episode> Runtime::episodes() const {
  return impl_->engine->scheduler().episodes.list();
}

}  // namespace weft::fibers
