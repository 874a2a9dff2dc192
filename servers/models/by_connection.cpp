// SPDX-License-Identifier: BSL-1.0
// A connection is one fiber's from its beginning to its end. With --workers 0 that is a fiber of
// its own: it waits for its own socket, and the kernel's readiness finds it parked there. With W
// workers it is the first who is free, and whoever comes while all have one waits, however silent
// theirs are: that is what handing out requests instead is for (dispatcher_worker.cpp).
//
// The first fiber accepts. A connection says whether it waits for a next request, because the end
// of the server closes those.
#include "servers/models/by_connection.hpp"

#include <mutex>

#include "servers/connection_queue.hpp"
#include "servers/fiber_model.hpp"

namespace weft::servers {
namespace {

class ByConnection final : public FiberModel {
 public:
  using FiberModel::FiberModel;

  std::size_t waiting() override {
    return FiberModel::waiting() + unserved_.size();  // and connections that no worker has taken
  }

 private:
  void serve_all() override {
    auto workers = spawn_workers([this] { work(); });
    std::array<os::Poller::Ready, 2> ready;
    while (!ended()) {
      std::size_t n = poller_.wait(ready, 0);
      for (std::size_t i = 0; i < n; ++i) {
        if (ready[i].tag == acceptor_.tag()) accept();
        if (ready[i].tag == &bell_ && bell_rang()) wake_idle();
      }
      if (n == 0) fibers::wait_ready(poller_.fd(), os::kReadable);
    }
    arrived_.release(workers_);  // none of a connection: the workers may go
    for (auto& w : workers) w.join();
  }

  void begin(Connection& c) override {
    if (workers_ > 0) {
      unserved_.push(c);
      return arrived_.release();
    }
    try {
      fibers::spawn({.name = "connection"}, [this, &c] { serve(c); }).detach();
    } catch (const std::exception&) {  // no memory or no thread for it: the client may try again
      retire(c);
    }
  }

  void work() {
    while (true) {
      arrived_.acquire();
      Connection* c;
      {
        std::lock_guard lock(table_);
        if (unserved_.empty()) return;
        c = unserved_.pop();
      }
      serve(*c);
    }
  }

  void serve(Connection& c) {
    bool again = false;
    while (true) {
      Need need = carry(c);
      if (need == Need::closed) return close(c);
      if (need == Need::writable) {
        wait_for(c, os::kWritable);
        continue;
      }
      if (need == Need::turn_over) {
        fibers::yield();
        continue;
      }
      const bool rests = c.idle();
      if (rests && !rest(c)) return close(c);
      wait_for(c, os::kReadable, std::exchange(again, true));
      if (rests) go_on(c);
    }
  }

  // False if the server ends. Pairs with wake_idle(): the fiber says that it rests, then looks
  // whether the server ends; that says that it ends, then looks who rests. One sees the other.
  bool rest(Connection& c) {
    c.rests.store(true, lwp::memory_order_seq_cst);
    if (!is_stopping()) return true;
    go_on(c);
    return false;
  }
  // Who finds that it rests has it: the fiber, or wake_idle() for as long as that holds table_.
  void go_on(Connection& c) {
    if (c.rests.exchange(false, lwp::memory_order_seq_cst)) return;
    std::lock_guard until_it_was_told(table_);
  }

  // Their fibers, parked for a next request, read an end instead. (A request that has come by then
  // is read before it.)
  void wake_idle() {
    std::lock_guard lock(table_);
    pool_.for_each([](Connection& c) {
      if (c.rests.exchange(false, lwp::memory_order_seq_cst)) os::shutdown_receive(c.socket());
    });
  }

  fibers::Semaphore arrived_{0};  // counts unserved_
  ConnectionQueue unserved_;      // guarded by table_
};

}  // namespace

std::unique_ptr<ServerModel> make_by_connection(ServerSetup&& setup) {
  return std::make_unique<ByConnection>(std::move(setup));
}

}  // namespace weft::servers
