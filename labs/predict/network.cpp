// SPDX-License-Identifier: BSL-1.0
#include "labs/predict/network.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <vector>

#include "labs/deck.hpp"

namespace weft::labs::predict {
namespace {

// The smallest element comes out first.
using Times = std::priority_queue<double, std::vector<double>, std::greater<>>;

double cold_share(const Network& network) {
  return static_cast<double>(network.cold) / network.deck;
}

}  // namespace

// Both queues are first come first served and the CPU is first, so requests reach the CPU in the
// order of their arrival times and the disk in the order in which they leave the CPU: taking the
// earliest arrival again and again is the whole event list.
double simulate_rps(const Network& network, int in_service, std::uint64_t seed, int requests) {
  Decks decks(seed, network.deck, network.cold);
  Times arrivals, heads;  // of requests at the CPU; when each head is free
  for (int i = 0; i < in_service; ++i) arrivals.push(0);
  for (int i = 0; i < network.heads; ++i) heads.push(0);

  double cpu_free = 0, end = 0;
  for (int i = 0; i < requests; ++i) {
    double start = std::max(arrivals.top(), cpu_free);
    arrivals.pop();
    double done = cpu_free = start + network.cpu_ms;
    if (decks.next()) {
      done = std::max(done, heads.top()) + network.disk_ms;
      heads.pop();
      heads.push(done);
    }
    arrivals.push(done);  // the client's next request
    end = std::max(end, done);
  }
  return 1000.0 * requests / end;
}

double mva_rps(const Network& network, int in_service) {
  const double cpu = network.cpu_ms, disk = cold_share(network) * network.disk_ms;
  auto speed = [&](int queued) { return static_cast<double>(std::min(queued, network.heads)); };

  // p[j]: the probability that j requests are at the disk, in a network one customer smaller.
  std::vector<double> p{1.0};
  double at_cpu = 0, rate = 0;
  for (int n = 1; n <= in_service; ++n) {
    double cpu_time = cpu * (1 + at_cpu), disk_time = 0;
    for (int j = 1; j <= n; ++j)
      disk_time += j * disk / speed(j) * p[static_cast<std::size_t>(j - 1)];
    rate = n / (cpu_time + disk_time);
    at_cpu = rate * cpu_time;

    std::vector<double> q(static_cast<std::size_t>(n) + 1);
    double sum = 0;
    for (int j = 1; j <= n; ++j) {
      auto at = static_cast<std::size_t>(j);
      sum += q[at] = rate * disk / speed(j) * p[at - 1];
    }
    q[0] = std::max(0.0, 1 - sum);
    p = std::move(q);
  }
  return 1000 * rate;
}

double bound_rps(const Network& network, int in_service) {
  const double cpu = network.cpu_ms, disk = cold_share(network) * network.disk_ms;
  return 1000 * std::min(in_service / (cpu + disk), 1 / std::max(cpu, disk / network.heads));
}

}  // namespace weft::labs::predict
