// SPDX-License-Identifier: BSL-1.0
// What the lab shows: eight tasks that compute for 5 ms and wait for the disk for 15, in virtual
// time, on one, two and four LWPs, and on four with one permit; who is woken for them; and whether
// permits are still there afterwards.
#include <algorithm>
#include <deque>

#include "checks/stage.hpp"

namespace {

using namespace stage;

constexpr int kTasks = 8;
const auto kComputes = [] { sleep_ms(5); };
const auto kBlocks = [] { sleep_ms(15); };

/// Milliseconds from the first submit to the last end.
int makespan(int lwps, int permits) {
  lab::Pool pool(lwps, permits);
  settle();
  const int began = now_ms();
  std::deque<Job> jobs;
  for (int i = 0; i < kTasks; ++i) {
    jobs.emplace_back(1, [&] {
      kComputes();
      pool.blocking(kBlocks);
    });
    pool.submit(jobs.back());
  }
  pool.shutdown();
  return now_ms() - began;
}

/// Wake-ups for each task, while they come one at a time.
double woken_for_one() {
  lab::Pool pool(4, 4);
  settle();
  woken = 0;
  std::deque<Job> jobs(kTasks);
  for (Job& job : jobs) {
    pool.submit(job);
    settle();
  }
  const double all = woken;
  pool.shutdown();
  return all / kTasks;
}

/// Tasks that compute at once, at most, with two permits that have changed hands before.
int at_once() {
  lab::Pool pool(4, 2);
  settle();
  std::deque<Job> blocking, computing;
  int now = 0, most = 0;
  for (int i = 0; i < kTasks; ++i) {
    pool.submit(blocking.emplace_back(1, [&] { pool.blocking(kBlocks); }));
  }
  sleep_ms(1000);
  for (int i = 0; i < kTasks; ++i) {
    pool.submit(computing.emplace_back(1, [&] {
      most = std::max(most, ++now);
      kComputes();
      --now;
    }));
  }
  pool.shutdown();
  return most;
}

}  // namespace

void program() {
  weft::figure("one", makespan(1, 1));
  weft::figure("two", makespan(2, 2));
  weft::figure("four", makespan(4, 4));
  weft::figure("handed", makespan(4, 1));
  weft::figure("woken", woken_for_one());
  weft::figure("at_once", at_once());
}
