// SPDX-License-Identifier: BSL-1.0
// One thread, one request at a time, from its first byte to its last: while the thread waits for
// the disk, or for a client that is slow to send or to read, everybody waits. Only between requests
// does it look at the listener and at all open connections, so that a client that keeps its
// connection open does not lock out the others.
#include "servers/acceptor.hpp"
#include "servers/blocking_disk.hpp"
#include "servers/connection_pool.hpp"
#include "servers/connection_queue.hpp"
#include "servers/deadline_watch.hpp"
#include "servers/model.hpp"

namespace weft::servers {
namespace {

class SingleThreaded final : public ServerModel {
 public:
  explicit SingleThreaded(ServerSetup&& setup)
      : site_(setup.site), pool_(site_), acceptor_(std::move(setup.source), poller_) {
    (void)poller_.add(bell_.fd(), os::kReadable, os::Poller::Trigger::level, &bell_).error();
  }

  void run() override {
    lwp::trace::Alone recorded("single thread");
    recorded_ = &recorded;
    std::array<os::Poller::Ready, 64> ready;
    while (acceptor_.open() || pool_.in_use() > 0) {
      std::size_t n = poller_.wait(ready, 0);  // a look first: it counts as no sleep
      if (n == 0 && turn_over_.empty()) {
        recorded.idle(true);
        n = poller_.wait(ready, deadlines_.next());
        recorded.idle(false);
      }
      for (std::size_t i = 0; i < n; ++i) {
        if (ready[i].tag == acceptor_.tag()) {
          accept();
        } else if (ready[i].tag == &bell_) {
          begin_drain();
        } else {
          auto& c = *static_cast<Connection*>(ready[i].tag);
          if (c.model.in_use && c.model.need != Need::turn_over) serve(c);
        }
      }
      // One more request of each client that had sent several at once.
      for (std::size_t turns = turn_over_.size(); turns > 0; --turns) serve(*turn_over_.pop());
      expire();
    }
  }

  void drain() override { bell_.ring(); }

  std::size_t waiting() override {
    std::array<os::Poller::Ready, 64> ready;
    std::size_t connections = 0;
    for (std::size_t i = 0, n = poller_.wait(ready, 0); i < n; ++i) {
      if (ready[i].tag != acceptor_.tag() && ready[i].tag != &bell_ &&
          ready[i].tag != serving_.load(lwp::memory_order_relaxed)) {
        ++connections;
      }
    }
    return connections + turn_over_.size() + acceptor_.backlog();
  }

  ModelReport report() const override {
    ModelReport r;
    disk_.tell(r);
    return r;
  }

  ModelView view() const override {
    return {.connections = &pool_, .serving = serving_.load(lwp::memory_order_relaxed)};
  }

 private:
  void accept() {
    while (auto socket = acceptor_.next(pool_.full())) {
      Connection& c = pool_.take(std::move(*socket));
      if (!poller_.add(c.socket(), os::kReadable, os::Poller::Trigger::level, &c)) {
        c.abandon();
        pool_.give_back(c);
        return;
      }
      c.model.need = Need::readable;
      deadlines_.watch(c.deadline());
    }
  }

  // One request from start to end, or whatever the client has sent of nothing.
  void serve(Connection& c) {
    serving_.store(&c, lwp::memory_order_relaxed);
    while (true) {
      c.model.need = c.run();
      switch (c.model.need) {
        case Need::disk:
          c.disk_done(disk_.perform(c.disk_work(), waiting(), *recorded_));
          continue;
        case Need::writable:
          if (!os::wait_ready(c.socket(), os::kWritable, c.deadline())) c.expire();
          continue;
        case Need::readable:
          if (c.in_request()) {  // half a request: everybody waits for its other half
            if (!os::wait_ready(c.socket(), os::kReadable, c.deadline())) c.expire();
            continue;
          }
          deadlines_.watch(c.deadline());
          if (!acceptor_.open() && c.idle()) close(c);
          break;
        case Need::turn_over:
          if (c.in_answer()) continue;
          turn_over_.push(c);
          break;
        case Need::closed:
          close(c);
          break;
      }
      break;
    }
    serving_.store(nullptr, lwp::memory_order_relaxed);
  }

  void close(Connection& c) {
    c.abandon();
    pool_.give_back(c);
    acceptor_.connection_closed();
  }

  void expire() {
    os::Nanos now = os::now();
    if (!deadlines_.due(now)) return;
    deadlines_.sweep(
        pool_, now, [](Connection& c) { return c.model.need == Need::readable; },
        [&](Connection& c) {
          c.expire();
          serve(c);
        });
  }

  void begin_drain() {
    bell_.clear();
    accept();  // who has connected already is served
    acceptor_.close();
    site_.service.drain();
    pool_.for_each([&](Connection& c) {  // answers what has come; closes the idle ones
      if (c.model.need == Need::readable) serve(c);
    });
  }

  const Site site_;
  os::Poller poller_;
  os::Bell bell_;
  ConnectionPool pool_;
  Acceptor acceptor_;
  DeadlineWatch deadlines_;
  ConnectionQueue turn_over_;
  lwp::atomic<Connection*> serving_{
      nullptr};                            // a hint for waiting() and view(); pairs with nothing
  lwp::trace::Alone* recorded_ = nullptr;  // while run() lasts
  BlockingDisk disk_{site_.disk};
};

const RegisterModel registered({"single-threaded",
                                "one thread, one request at a time",
                                false,
                                {},
                                [](ServerSetup&& s) -> std::unique_ptr<ServerModel> {
                                  return std::make_unique<SingleThreaded>(std::move(s));
                                }});

}  // namespace
}  // namespace weft::servers
