// SPDX-License-Identifier: BSL-1.0
// A dispatcher and its workers, as in the textbook: the dispatcher waits until a connection has
// something to say and hands that request to an idle worker, which reads it, answers it and gives
// the connection back. So W workers serve any number of connections, and a client that is slow to
// send holds none: the half of a request that has come stays with its connection.
//
// All are fibers. The dispatcher waits on a poller of its own, inside the runtime's: it parks until
// the poller has something. A connection is with the poller (waiting) or with one fiber; it changes
// hands under table_, because a deadline may take it out of the poller at any time.
//
// With --workers 0 there is a fiber for each connection instead, which waits for its own socket.
#include <mutex>

#include "fibers/fiber.hpp"
#include "fibers/io.hpp"
#include "fibers/sync.hpp"
#include "servers/acceptor.hpp"
#include "servers/connection_pool.hpp"
#include "servers/model.hpp"

namespace weft::servers {
namespace {

class DispatcherWorker final : public ServerModel {
 public:
  explicit DispatcherWorker(ServerSetup&& setup)
      : site_(setup.site),
        workers_(setup.workers),
        pool_(site_),
        acceptor_(std::move(setup.listener), poller_),
        runtime_(std::move(setup.fibers)) {
    (void)poller_.add(bell_.fd(), os::kReadable, os::Poller::Trigger::level, &bell_).error();
  }

  void run() override {
    runtime_.run([this] { workers_ > 0 ? dispatch() : accept_for_ever(); });
  }
  void drain() override {
    draining_.store(true, lwp::memory_order_release);
    bell_.ring();
  }

  std::size_t waiting() override {
    // Fibers that could run, requests nobody has taken, connections nobody has accepted, and
    // whether anything else has come since the dispatcher looked.
    return static_cast<std::size_t>(runtime_.stats().ready_now) + requests_.size() +
           acceptor_.backlog() + (os::wait_ready(poller_.fd(), os::kReadable, 0) ? 1 : 0);
  }

  ModelReport report() const override {
    fibers::Stats stats = runtime_.stats();
    ModelReport r;
    r.workers = workers_;
    int at_end = lwps_at_end_.load(lwp::memory_order_relaxed);
    r.lwps = at_end > 0 ? at_end : stats.lwps;
    r.switches = stats.switches;
    r.blocking_reads = stats.blocking_calls;
    r.blocked = stats.blocked_ns;
    r.ready_at_block = stats.ready_at_block;
    r.blocked_while_ready = stats.blocked_while_ready_ns;
    return r;
  }

 private:
  static constexpr auto kOnce = os::Poller::Trigger::oneshot;

  // ---- the dispatcher ----

  void dispatch() {
    std::vector<fibers::Fiber> workers;
    for (int i = 0; i < workers_; ++i) {
      try {
        workers.push_back(
            fibers::spawn({.name = "worker " + std::to_string(i + 1)}, [this] { work(); }));
      } catch (const std::exception& error) {  // no kernel thread, no memory: fewer will do
        if (workers.empty()) throw;
        os::write_out(2, "weft serve: " + std::to_string(i) + " workers instead of " +
                             std::to_string(workers_) + ": " + error.what() + "\n");
        break;
      }
    }
    std::array<os::Poller::Ready, 64> ready;
    while (!ended()) {
      std::size_t n = poller_.wait(ready, 0);
      for (std::size_t i = 0; i < n; ++i) {
        if (ready[i].tag == acceptor_.tag()) {
          accept();
        } else if (ready[i].tag == &bell_) {
          if (bell_rang()) hand_out_all();
        } else {
          hand_out(*static_cast<Connection*>(ready[i].tag));
        }
      }
      os::Nanos next = expire();
      if (n == 0) fibers::wait_ready(poller_.fd(), os::kReadable, next);
    }
    lwps_at_end_.store(runtime_.stats().lwps, lwp::memory_order_relaxed);
    arrived_.release(workers_);  // no request, no connection: the workers may go
    for (auto& w : workers) w.join();
  }

  bool ended() {
    std::lock_guard lock(table_);
    return stopping_ && pool_.in_use() == 0;
  }

  void accept() {
    std::lock_guard lock(table_);
    while (auto socket = acceptor_.next()) {
      Connection& c = pool_.take(std::move(*socket));
      if (workers_ == 0) {
        begin_alone(c);
      } else if (!give_to_poller(c)) {
        retire(c);
      }
    }
  }

  // True from the moment the server is to end.
  bool bell_rang() {
    bell_.clear();
    if (!draining_.load(lwp::memory_order_acquire)) return false;
    accept();  // who has connected already is served
    std::lock_guard lock(table_);
    if (!stopping_) {
      acceptor_.close();
      site_.service.drain();
    }
    return stopping_ = true;
  }

  // To the next idle worker, in the order the requests came.
  void hand_out(Connection& c) {
    {
      std::lock_guard lock(table_);
      if (!c.model.waiting) return;  // its deadline has just taken it
      c.model.waiting = false;
      requests_.push(c);
    }
    arrived_.release();
  }

  // Hands out connections whose deadline has passed; when to look again.
  os::Nanos expire() {
    std::size_t expired = 0;
    os::Nanos next;
    {
      std::lock_guard lock(table_);
      if (deadlines_.next() != os::kNever && deadlines_.due(os::now())) {
        deadlines_.sweep(
            pool_, os::now(), [](Connection& c) { return c.model.waiting; },
            [&](Connection& c) {
              c.model.waiting = false;
              c.expire();
              requests_.push(c);
              ++expired;
            });
      }
      next = deadlines_.next();
    }
    if (expired > 0) arrived_.release(static_cast<std::ptrdiff_t>(expired));
    return next;
  }

  // Every waiting connection goes through a worker once, which answers what has come and closes the
  // idle ones.
  void hand_out_all() {
    std::ptrdiff_t n = 0;
    {
      std::lock_guard lock(table_);
      pool_.for_each([&](Connection& c) {
        if (!c.model.waiting) return;
        c.model.waiting = false;
        requests_.push(c);
        ++n;
      });
    }
    if (n > 0) arrived_.release(n);
  }

  // REQUIRES: table_ held, and nobody else has the connection.
  bool give_to_poller(Connection& c) {
    auto done = c.model.in_poller ? poller_.change(c.socket(), os::kReadable, kOnce, &c)
                                  : poller_.add(c.socket(), os::kReadable, kOnce, &c);
    if (!done) return false;
    c.model.in_poller = c.model.waiting = true;
    deadlines_.watch(c.deadline());
    return true;
  }

  // REQUIRES: table_ held.
  void retire(Connection& c) {
    c.abandon();
    pool_.give_back(c);
    acceptor_.connection_closed();
  }

  // ---- a worker ----

  void work() {
    while (true) {
      arrived_.acquire();
      Connection* c;
      {
        std::lock_guard lock(table_);
        if (requests_.empty()) return;
        c = requests_.pop();
      }
      serve(*c);
    }
  }

  // Goes on until the connection waits for its client, or for its turn.
  void serve(Connection& c) {
    while (true) {
      switch (c.run()) {
        case Need::disk:
          read_disk(c);
          continue;
        case Need::writable:
          wait_for(c, os::kWritable);
          continue;
        case Need::readable:
          give_back(c);
          return;
        case Need::turn_over: {
          std::unique_lock lock(table_);
          requests_.push(c);
          lock.unlock();
          arrived_.release();
          return;
        }
        case Need::closed:
          close(c);
          return;
      }
    }
  }

  void give_back(Connection& c) {
    std::unique_lock lock(table_);
    bool stop = stopping_ && c.idle();
    os::Nanos looks_at = deadlines_.next();
    if (stop || !give_to_poller(c)) {
      lock.unlock();
      return close(c);
    }
    // The dispatcher sleeps until the nearest deadline it knew: a nearer one must wake it.
    if (deadlines_.next() < looks_at) bell_.ring();
  }

  void close(Connection& c) {
    std::unique_lock lock(table_);
    retire(c);
    bool last = stopping_ && pool_.in_use() == 0;
    lock.unlock();
    if (last) bell_.ring();  // the dispatcher ends
  }

  void read_disk(Connection& c) {
    // A cached page needs no second LWP.
    if (auto bytes = site_.disk.read_at_once(c.disk_read())) return c.disk_done(*bytes);
    c.disk_done(fibers::blocking("read", [&] { return site_.disk.read(c.disk_read()); }));
  }
  void wait_for(Connection& c, std::uint32_t interest) {
    if (!fibers::wait_ready(c.socket(), interest, c.deadline()) && os::now() >= c.deadline()) {
      c.expire();
    }
  }

  // ---- a fiber for each connection ----

  void accept_for_ever() {
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

  // REQUIRES: table_ held.
  void begin_alone(Connection& c) {
    try {
      fibers::spawn({.name = "connection"}, [this, &c] { serve_alone(c); }).detach();
    } catch (const std::exception&) {  // no memory or no thread for it: the client may try again
      retire(c);
    }
  }

  void serve_alone(Connection& c) {
    while (true) {
      switch (c.run()) {
        case Need::disk:
          read_disk(c);
          continue;
        case Need::writable:
          wait_for(c, os::kWritable);
          continue;
        case Need::turn_over:
          fibers::yield();
          continue;
        case Need::closed:
          close(c);
          return;
        case Need::readable:
          break;
      }
      {
        std::lock_guard lock(table_);
        c.model.waiting = !stopping_ || !c.idle();
      }
      if (!c.model.waiting) return close(c);
      wait_for(c, os::kReadable);
      std::lock_guard lock(table_);
      c.model.waiting = false;
    }
  }

  // Their fibers, parked for a next request, read an end instead.
  void wake_idle() {
    std::lock_guard lock(table_);
    pool_.for_each([](Connection& c) {
      if (c.model.waiting && c.idle()) os::shutdown_receive(c.socket());
    });
  }

  const Site site_;
  const int workers_;
  os::Poller poller_;
  os::Bell bell_;                      // wakes the dispatcher
  lwp::atomic<bool> draining_{false};  // pairs with bell_rang()
  lwp::atomic<int> lwps_at_end_{0};    // for report() after run()
  fibers::Mutex table_;
  fibers::Semaphore arrived_{0};  // counts requests_
  // Guarded by table_, as is every waiting connection:
  ConnectionPool pool_;
  ConnectionQueue requests_;
  DeadlineWatch deadlines_;
  Acceptor acceptor_;
  bool stopping_ = false;
  fibers::Runtime runtime_;
};

const RegisterModel registered({"dispatcher-worker", "a dispatcher hands requests to worker fibers",
                                true, [](ServerSetup&& s) -> std::unique_ptr<ServerModel> {
                                  return std::make_unique<DispatcherWorker>(std::move(s));
                                }});

}  // namespace
}  // namespace weft::servers
