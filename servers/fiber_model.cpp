// SPDX-License-Identifier: BSL-1.0
#include "servers/fiber_model.hpp"

#include <mutex>

#include "fibers/trace.hpp"

namespace weft::servers {

FiberModel::FiberModel(ServerSetup&& setup)
    : site_(setup.site),
      workers_(setup.workers),
      pool_(site_),
      acceptor_(std::move(setup.source), poller_),
      runtime_(std::move(setup.fibers)) {
  (void)poller_.add(bell_.fd(), os::kReadable, os::Poller::Trigger::level, &bell_).error();
}

void FiberModel::run() {
  fibers::name_object(&table_, "of connections");
  runtime_.run([this] { serve_all(); });
}

void FiberModel::drain() {
  draining_.store(true, lwp::memory_order_release);
  bell_.ring();
}

std::size_t FiberModel::waiting() {
  // Fibers that could run, connections nobody has accepted, and whether anything else has come
  // since the first fiber looked.
  return static_cast<std::size_t>(runtime_.stats().ready_now) + acceptor_.backlog() +
         (os::wait_ready(poller_.fd(), os::kReadable, 0) ? 1 : 0);
}

ModelReport FiberModel::report() const {
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

void FiberModel::note_lwps() {
  lwps_at_end_.store(runtime_.stats().lwps, lwp::memory_order_relaxed);
}

std::vector<fibers::Fiber> FiberModel::spawn_workers(const std::function<void()>& work) {
  std::vector<fibers::Fiber> workers;
  for (int i = 0; i < workers_; ++i) {
    try {
      workers.push_back(fibers::spawn({.name = "worker " + std::to_string(i + 1)}, work));
    } catch (const std::exception& error) {  // no kernel thread, no memory: fewer will do
      if (workers.empty()) throw;
      os::write_out(2, "weft serve: " + std::to_string(i) + " workers instead of " +
                           std::to_string(workers_) + ": " + error.what() + "\n");
      break;
    }
  }
  return workers;
}

bool FiberModel::ended() {
  std::lock_guard lock(table_);
  return is_stopping() && pool_.in_use() == 0;
}

void FiberModel::accept() {
  std::lock_guard lock(table_);
  while (auto socket = acceptor_.next(pool_.full())) begin(pool_.take(std::move(*socket)));
}

bool FiberModel::bell_rang() {
  bell_.clear();
  if (!draining_.load(lwp::memory_order_acquire)) return false;
  accept();  // who has connected already is served
  std::lock_guard lock(table_);
  if (!is_stopping()) {
    acceptor_.close();
    site_.service.drain();
  }
  stopping_.store(true, lwp::memory_order_seq_cst);
  return true;
}

void FiberModel::retire(Connection& c) {
  c.abandon();
  pool_.give_back(c);
  acceptor_.connection_closed();
  if (!acceptor_.open()) stopping_.store(true, lwp::memory_order_seq_cst);
}

void FiberModel::close(Connection& c) {
  std::unique_lock lock(table_);
  retire(c);
  bool last = is_stopping() && pool_.in_use() == 0;
  lock.unlock();
  if (last) bell_.ring();  // the first fiber ends
}

Need FiberModel::carry(Connection& c) {
  while (true) {
    const Need need = c.run();
    if (need != Need::disk) return need;
    use_disk(c);
  }
}

void FiberModel::use_disk(Connection& c) {
  const DiskWork work = c.disk_work();
  // A cached page needs no second LWP.
  if (auto done = site_.disk.perform_at_once(work)) return c.disk_done(std::move(*done));
  const char* call = work.kind == DiskWork::Kind::read ? "read" : doing(work.kind);
  c.disk_done(fibers::blocking(call, [&] { return site_.disk.perform(work); }));
}

void FiberModel::wait_for(Connection& c, std::uint32_t interest, bool again) {
  const auto wait = again ? fibers::wait_ready_again : fibers::wait_ready;
  if (!wait(c.socket(), interest, c.deadline()) && os::now() >= c.deadline()) {
    c.expire();
  }
}

}  // namespace weft::servers
