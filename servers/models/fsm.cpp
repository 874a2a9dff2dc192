// SPDX-License-Identifier: BSL-1.0
// The finite-state machine: one thread that never waits for one client or one read. What a thread
// would remember on its stack, where it is and what comes next, is written down in a table: each
// connection is in a state, each state says what its connection waits for, and an event moves it
// on.
//
//                 ┌──────────── turn_over ◄───────┐ another request is buffered
//                 ▼                               │
//   accepted ► receiving ──► disk           ──► sending ──► receiving …
//                 │  ▲              │              │
//                 ▼  └── answered ──┴──────────────┘
//              closed
//
// How it uses its disk is its form (V. S. Pai, P. Druschel, W. Zwaenepoel, "Flash", USENIX 1999):
// `amped` has helpers that block in its place, or a disk that tells when it is done; for `uring`
// the kernel reads, and tells; `sped` calls the disk itself, and everybody waits as long as that
// takes.
#include "servers/acceptor.hpp"
#include "servers/blocking_disk.hpp"
#include "servers/connection_pool.hpp"
#include "servers/connection_queue.hpp"
#include "servers/deadline_watch.hpp"
#include "servers/model.hpp"

namespace weft::servers {
namespace {

// A state is what its connection waits for; the row says how the machine learns that it has come.
struct State {
  std::uint32_t interest;  ///< readiness of the socket that moves it on
  bool queued;             ///< moved on in its turn, without an event
  bool disk;               ///< moved on when the disk has done its work
  bool timed;              ///< its deadline moves it on too
};
constexpr std::array<State, 5> kStates = {{
    /* receiving  Need::readable  */ {os::kReadable, false, false, true},
    /* sending    Need::writable  */ {os::kWritable, false, false, true},
    /* disk       Need::disk      */ {0, false, true, false},
    /* turn over  Need::turn_over */ {0, true, false, false},
    /* closed     Need::closed    */ {0, false, false, false},
}};
const State& state_of(const Connection& c) {
  return kStates[static_cast<std::size_t>(c.model.need)];
}

class Fsm final : public ServerModel {
 public:
  explicit Fsm(ServerSetup&& setup)
      : site_(setup.site),
        pool_(site_),
        acceptor_(std::move(setup.source), poller_),
        blocking_(site_.disk),
        disk_(queue_of(setup.form)) {
    (void)poller_.add(bell_.fd(), os::kReadable, os::Poller::Trigger::level, &bell_).error();
    if (disk_ == nullptr) return;
    (void)poller_.add(disk_->fd(), os::kReadable, os::Poller::Trigger::level, &disk_).error();
  }

  void run() override {
    lwp::trace::Alone recorded("state machine");
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
        } else if (ready[i].tag == &disk_) {
          complete_disk();
        } else {
          socket_ready(*static_cast<Connection*>(ready[i].tag), ready[i].interest);
        }
      }
      for (std::size_t turns = turn_over_.size(); turns > 0; --turns) step(*turn_over_.pop());
      expire();
    }
  }

  void drain() override { bell_.ring(); }

  std::size_t waiting() override {
    // The machine sleeps only when nothing is ready; what has come since the look counts.
    std::array<os::Poller::Ready, 64> ready;
    std::size_t n = poller_.wait(ready, 0);
    for (std::size_t i = 0; i < n; ++i) {
      if (ready[i].tag == acceptor_.tag()) return n - 1 + acceptor_.backlog();
    }
    return n;
  }

  ModelReport report() const override {
    ModelReport r;
    r.states = kStates.size();
    r.remembered_bytes = sizeof(Connection) + site_.service.session_bytes();
    blocking_.tell(r);
    return r;
  }

  ModelView view() const override {
    return {.connections = &pool_, .serving = stepping_.load(lwp::memory_order_relaxed)};
  }

 private:
  void accept() {
    while (auto socket = acceptor_.next(pool_.full())) step(pool_.take(std::move(*socket)));
  }

  // Moves a connection on until it waits again, and arranges to hear of what it waits for.
  void step(Connection& c) {
    stepping_.store(&c, lwp::memory_order_relaxed);
    c.model.need = c.run();
    while (disk_ == nullptr && c.model.need == Need::disk) {
      c.disk_done(blocking_.perform(c.disk_work(), waiting(), *recorded_));
      c.model.need = c.run();
    }
    stepping_.store(nullptr, lwp::memory_order_relaxed);
    const State& state = state_of(c);
    if (c.model.need == Need::closed ||
        (stopping() && c.model.need == Need::readable && c.idle())) {
      return close(c);
    }
    if (state.disk) disk_->submit(c.disk_work(), &c);
    if (state.queued) turn_over_.push(c);
    if (state.timed) deadlines_.watch(c.deadline());
    if (state.interest != 0 && state.interest != c.model.interest && !watch(c, state.interest)) {
      close(c);
    }
  }

  std::unique_ptr<DiskQueue> queue_of(std::string_view form) const {
    if (form == "sped") return nullptr;
    return site_.disk.make_queue(form == "uring" ? Disk::By::kernel : Disk::By::threads);
  }

  bool watch(Connection& c, std::uint32_t interest) {
    constexpr auto kLevel = os::Poller::Trigger::level;
    auto done = c.model.in_poller ? poller_.change(c.socket(), interest, kLevel, &c)
                                  : poller_.add(c.socket(), interest, kLevel, &c);
    if (!done) return false;
    c.model.in_poller = true;
    c.model.interest = interest;
    return true;
  }

  void socket_ready(Connection& c, std::uint32_t interest) {
    if (!c.model.in_use) return;  // closed by an earlier event of this round
    if (state_of(c).interest & interest) return step(c);
    // It waits for something else, but its peer has sent more or gone. Levels would say so again
    // and again: look away until it waits for its socket.
    poller_.remove(c.socket());
    c.model.in_poller = false;
    c.model.interest = 0;
  }

  void complete_disk() {
    std::array<DiskQueue::Completion, 64> done;
    for (std::size_t i = 0, n = disk_->take(done); i < n; ++i) {
      auto& c = *static_cast<Connection*>(done[i].tag);
      c.disk_done(std::move(done[i].done));
      step(c);
    }
  }

  void close(Connection& c) {
    c.abandon();
    c.model.need = Need::closed;
    pool_.give_back(c);
    acceptor_.connection_closed();
  }

  void expire() {
    if (deadlines_.next() == os::kNever) return;
    os::Nanos now = os::now();
    if (!deadlines_.due(now)) return;
    deadlines_.sweep(
        pool_, now, [](Connection& c) { return state_of(c).timed; },
        [&](Connection& c) {
          c.expire();
          step(c);
        });
  }

  bool stopping() const { return !acceptor_.open(); }
  void begin_drain() {
    bell_.clear();
    accept();  // who has connected already is served
    acceptor_.close();
    site_.service.drain();
    pool_.for_each([&](Connection& c) {
      if (c.model.need == Need::readable) step(c);  // answers what has come; closes the idle ones
    });
  }

  const Site site_;
  os::Poller poller_;
  os::Bell bell_;
  ConnectionPool pool_;
  Acceptor acceptor_;
  BlockingDisk blocking_;
  std::unique_ptr<DiskQueue> disk_;  // none: it blocks
  DeadlineWatch deadlines_;
  ConnectionQueue turn_over_;
  lwp::atomic<const Connection*> stepping_{nullptr};  // for view(); pairs with nothing
  lwp::trace::Alone* recorded_ = nullptr;             // while run() lasts
};

const RegisterModel registered({"fsm",
                                "one thread, events and a table of states",
                                false,
                                {"amped", "sped", "uring"},
                                [](ServerSetup&& s) -> std::unique_ptr<ServerModel> {
                                  return std::make_unique<Fsm>(std::move(s));
                                }});

}  // namespace
}  // namespace weft::servers
