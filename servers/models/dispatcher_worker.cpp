// SPDX-License-Identifier: BSL-1.0
// A dispatcher and its workers, as in the textbook: the dispatcher waits until a connection has
// something to say and hands that request to an idle worker, which reads it, answers it and gives
// the connection back. So W workers serve any number of connections, and a client that is slow to
// send or to read holds none: what has come of a request, or is left of its answer, stays with the
// connection.
//
// All are fibers. A connection is with the dispatcher's poller (waiting) or with one fiber; it
// changes hands under table_, because a deadline may take it out of the poller at any time.
//
// In its form `by-connection` a worker keeps a connection as long as that lasts
// (by_connection.cpp), and with --workers 0 each has a fiber of its own.
#include <mutex>

#include "fibers/trace.hpp"
#include "servers/connection_queue.hpp"
#include "servers/deadline_watch.hpp"
#include "servers/fiber_model.hpp"
#include "servers/models/by_connection.hpp"

namespace weft::servers {
namespace {

class DispatcherWorker final : public FiberModel {
 public:
  using FiberModel::FiberModel;

  std::size_t waiting() override {
    return FiberModel::waiting() + requests_.size();  // and requests nobody has taken
  }

 private:
  static constexpr auto kOnce = os::Poller::Trigger::oneshot;

  // ---- the dispatcher ----

  void serve_all() override {
    fibers::name_object(&arrived_, "of requests");
    auto workers = spawn_workers([this] { work(); });
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
    note_lwps();
    arrived_.release(workers_);  // no request, no connection: the workers may go
    for (auto& w : workers) w.join();
  }

  void begin(Connection& c) override {
    if (!give_to_poller(c)) retire(c);
  }

  // To the next idle worker, in the order the requests came.
  void hand_out(Connection& c) {
    {
      std::lock_guard lock(table_);
      if (!c.model.waiting) return;  // its deadline has just taken it
      c.model.waiting = false;
      // Whose request has begun may end it, so there are at most as many more as connections.
      if (queue_is_full() && !c.in_request()) return turn_away(c);
      requests_.push(c);
    }
    arrived_.release();
  }

  bool queue_is_full() const {
    const std::size_t most = site_.limits.queue;
    return most > 0 && requests_.size() >= most;
  }

  // By the dispatcher: a worker would be the very thing that is wanting. REQUIRES: table_ held.
  void turn_away(Connection& c) {
    c.refuse();
    c.model.need = c.run();
    if (c.model.need == Need::closed || !give_to_poller(c)) retire(c);
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
    const auto interest = c.model.need == Need::writable ? os::kWritable : os::kReadable;
    auto done = c.model.in_poller ? poller_.change(c.socket(), interest, kOnce, &c)
                                  : poller_.add(c.socket(), interest, kOnce, &c);
    if (!done) return false;
    c.model.in_poller = c.model.waiting = true;
    deadlines_.watch(c.deadline());
    return true;
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
    c.model.need = carry(c);
    if (c.model.need == Need::closed) return close(c);
    if (c.model.need != Need::turn_over) return give_back(c);
    std::unique_lock lock(table_);
    requests_.push(c);
    lock.unlock();
    arrived_.release();
  }

  void give_back(Connection& c) {
    std::unique_lock lock(table_);
    bool stop = is_stopping() && c.idle();
    os::Nanos looks_at = deadlines_.next();
    if (stop || !give_to_poller(c)) {
      lock.unlock();
      return close(c);
    }
    // The dispatcher sleeps until the nearest deadline it knew: a nearer one must wake it.
    if (deadlines_.next() < looks_at) bell_.ring();
  }

  fibers::Semaphore arrived_{0};  // counts requests_
  // Guarded by table_:
  ConnectionQueue requests_;
  DeadlineWatch deadlines_;
};

const RegisterModel registered({"dispatcher-worker",
                                "a dispatcher hands requests to worker fibers",
                                true,
                                {"by-request", "by-connection"},
                                [](ServerSetup&& s) -> std::unique_ptr<ServerModel> {
                                  if (s.workers == 0 || s.form == "by-connection")
                                    return make_by_connection(std::move(s));
                                  return std::make_unique<DispatcherWorker>(std::move(s));
                                }});

}  // namespace
}  // namespace weft::servers
