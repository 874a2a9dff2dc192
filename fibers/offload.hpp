// SPDX-License-Identifier: BSL-1.0
// Helper threads on which blocking(f) runs f while its fiber is parked. They are plain kernel
// threads: f must not call into weft. Started when needed, and ended after a rest.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "lwp/core.hpp"

namespace weft::fibers {

class OffloadPool {
 public:
  /// One call, on the stack of the fiber that waits for it.
  struct Job {
    void (*run)(Job&) noexcept = nullptr;
    int error_number = 0;  ///< errno after it
    Job* next = nullptr;
    lwp::Waiter* waiter = nullptr;
  };

  explicit OffloadPool(int most_threads);
  ~OffloadPool();

  /// Runs `job` on a helper thread and parks the calling fiber until it is done. If no thread can
  /// be had, runs it here. Not in core.
  void run(Job& job, const char* what);

 private:
  struct Helper {
    lwp::os::Thread thread;
    bool ended = false;  // guarded by lock_: may be joined
  };
  bool submit(Job& job);
  void work(Helper& self);

  const int most_;
  lwp::Lock lock_;
  Job* first_ = nullptr;  // guarded by lock_, as all below
  Job* last_ = nullptr;
  int idle_ = 0;
  int queued_ = 0;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Helper>> helpers_;
  lwp::atomic<std::uint32_t> rung_{0};  // futex
};

/// Runs `f` on a helper thread and returns its result, or throws what it threw.
template <class F>
auto offload(OffloadPool& pool, const char* what, F&& f) {
  using R = std::invoke_result_t<F>;
  struct Call : OffloadPool::Job {
    explicit Call(F& function) : f(function) {}
    F& f;
    std::optional<std::conditional_t<std::is_void_v<R>, char, R>> result;
    std::exception_ptr error;
  } call(f);
  call.run = [](OffloadPool::Job& job) noexcept {
    auto& c = static_cast<Call&>(job);
    try {
      if constexpr (std::is_void_v<R>) {
        c.f();
      } else {
        c.result.emplace(c.f());
      }
    } catch (...) {
      c.error = std::current_exception();
    }
  };
  pool.run(call, what);
  if (call.error) std::rethrow_exception(call.error);
  if constexpr (!std::is_void_v<R>) return std::move(*call.result);
}

}  // namespace weft::fibers
