// SPDX-License-Identifier: BSL-1.0
// A fiber for each connection: it waits for its own socket, and the kernel's readiness finds it
// parked there. The first fiber only accepts. A connection is its fiber's alone; it says whether it
// waits for a next request, because the end of the server closes those.
#include "servers/models/fiber_per_connection.hpp"

#include <mutex>

#include "servers/fiber_model.hpp"

namespace weft::servers {
namespace {

class FiberPerConnection final : public FiberModel {
 public:
  using FiberModel::FiberModel;

 private:
  void serve_all() override {
    std::array<os::Poller::Ready, 2> ready;
    while (!ended()) {
      std::size_t n = poller_.wait(ready, 0);
      for (std::size_t i = 0; i < n; ++i) {
        if (ready[i].tag == acceptor_.tag()) accept();
        if (ready[i].tag == &bell_ && bell_rang()) wake_idle();
      }
      if (n == 0) fibers::wait_ready(poller_.fd(), os::kReadable);
    }
  }

  void begin(Connection& c) override {
    try {
      fibers::spawn({.name = "connection"}, [this, &c] { serve(c); }).detach();
    } catch (const std::exception&) {  // no memory or no thread for it: the client may try again
      retire(c);
    }
  }

  void serve(Connection& c) {
    bool again = false;
    while (true) {
      Need need = carry(c);
      if (need == Need::closed) return close(c);
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
};

}  // namespace

std::unique_ptr<ServerModel> make_fiber_per_connection(ServerSetup&& setup) {
  return std::make_unique<FiberPerConnection>(std::move(setup));
}

}  // namespace weft::servers
