// SPDX-License-Identifier: BSL-1.0
// What the models of fibers share: their runtime, their connections, accepting, draining, ending,
// and how a fiber waits. A design says who serves a connection that has come, and when.
//
// The first fiber waits on a poller of its own, inside the runtime's: it parks until the poller has
// something.
#pragma once

#include "fibers/fiber.hpp"
#include "fibers/io.hpp"
#include "fibers/sync.hpp"
#include "servers/acceptor.hpp"
#include "servers/connection_pool.hpp"
#include "servers/model.hpp"

namespace weft::servers {

class FiberModel : public ServerModel {
 public:
  explicit FiberModel(ServerSetup&& setup);
  void run() final;
  void drain() final;
  std::size_t waiting() override;
  ModelReport report() const final;

 protected:
  /// The first fiber's work, until ended().
  virtual void serve_all() = 0;
  /// Takes a connection that has just come. REQUIRES: table_ held.
  virtual void begin(Connection& c) = 0;

  /// Those of --workers, or as many as the machine has memory and threads for; throws if none.
  std::vector<fibers::Fiber> spawn_workers(const std::function<void()>& work);
  bool ended();
  /// Accepts whoever waits.
  void accept();
  /// The bell of the first fiber has rung. True from the moment the server is to end.
  bool bell_rang();
  bool is_stopping() const { return stopping_.load(lwp::memory_order_seq_cst); }
  /// Remembers for report() how many LWPs there were.
  void note_lwps();

  /// REQUIRES: table_ held.
  void retire(Connection& c);
  void close(Connection& c);
  /// Goes on, using its disk, until something else is needed.
  Need carry(Connection& c);
  /// Parks until its socket is ready or its deadline has passed. `again`: as
  /// fibers::wait_ready_again.
  void wait_for(Connection& c, std::uint32_t interest, bool again = false);

  const Site site_;
  const int workers_;
  os::Poller poller_;
  os::Bell bell_;  // wakes the first fiber
  fibers::Mutex table_;
  // Guarded by table_, as is every connection that waits:
  ConnectionPool pool_;
  Acceptor acceptor_;
  lwp::atomic<bool> stopping_{false};  // set under table_

 private:
  void use_disk(Connection& c);

  lwp::atomic<bool> draining_{false};  // pairs with bell_rang()
  lwp::atomic<int> lwps_at_end_{0};    // for report() after run()
  fibers::Runtime runtime_;
};

}  // namespace weft::servers
