// SPDX-License-Identifier: BSL-1.0
#include "labs/load/experiment.hpp"

#include <algorithm>
#include <numeric>

#include "labs/load/server_cpu.hpp"

namespace weft::labs::load {
namespace {

using lwp::os::Nanos;

std::vector<std::size_t> shuffled(std::size_t n, Random& random) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

// `more` comes behind `sum`.
void add(Outcome& sum, const Outcome& more) {
  sum.latency.merge(more.latency);
  sum.service.merge(more.service);
  sum.lag.merge(more.lag);
  sum.answered += more.answered;
  sum.timed_out += more.timed_out;
  sum.lost += more.lost;
  sum.failed_over += more.failed_over;
  sum.starved += more.starved;
  sum.came += more.came;
  sum.bytes += more.bytes;
  sum.offered += more.offered;
  sum.window += more.window;
  sum.own_cpu += more.own_cpu;
  sum.availability.add(more.availability);
  sum.slow.answers += more.slow.answers;
  sum.slow.dropped += more.slow.dropped;
  sum.slow.bytes += more.slow.bytes;
  for (std::size_t i = 0; i < sum.failed.size(); ++i) sum.failed[i] += more.failed[i];
  if (sum.first_failure.empty()) sum.first_failure = more.first_failure;
  sum.interrupted = sum.interrupted || more.interrupted;
}

}  // namespace

Trial run_once(const Job& job, std::size_t variant, int round, const Plan& plan,
               const std::function<void(Nanos)>& progress) {
  const Variant& v = job.variants[variant];
  Plan p = plan;
  p.target = v.url.address;
  p.seed = plan.seed + static_cast<std::uint64_t>(round);
  p.next_request = v.dealer->source(p.seed);
  p.progress = progress;
  // Looked for before the run: searching /proc takes longer than a request may be late.
  const bool here =
      !plan.spread() && (v.url.address.host.starts_with("127.") || v.url.address.host == "::1");
  std::optional<ServerCpu> server;
  if (here) server.emplace(v.url.address.port);
  Nanos used = 0;
  p.window_begins = [&] { used = here ? server->used() : 0; };
  p.window_ends = [&] { used = here ? server->used() - used : 0; };
  Trial t{variant, round, run(p), std::nullopt};
  if (here && server->known() && t.out.window > 0)
    t.server_cpu = static_cast<double>(used) / static_cast<double>(t.out.window);
  return t;
}

Experiment perform(const Job& job, const Watch& watch) {
  Experiment e;
  Random order(job.plan.seed);
  const double each = static_cast<double>(job.plan.warm_up + job.plan.duration);
  const double total = static_cast<double>(job.runs) * static_cast<double>(job.variants.size());
  int again = job.runs > 1 ? job.runs : 0;  // runs that may be repeated
  double done = 0;
  for (int round = 0; round < job.runs; ++round) {
    for (std::size_t variant : shuffled(job.variants.size(), order)) {
      while (true) {
        auto progress = [&](Nanos t) {
          const double part = std::min(static_cast<double>(t) / each, 1.0);
          watch(job.variants[variant].name, (done + part) / total);
        };
        e.trials.push_back(run_once(job, variant, round, job.plan, progress));
        const Outcome& out = e.trials.back().out;
        e.interrupted = out.interrupted;
        if (out.unreachable) e.unreachable = variant;
        if (e.interrupted || e.unreachable) return e;
        if (out.valid() || again == 0) break;
        --again;
      }
      ++done;
    }
  }
  return e;
}

std::vector<Result> results(const Job& job, const Experiment& e) {
  std::vector<Result> out(job.variants.size());
  for (std::size_t v = 0; v < out.size(); ++v) {
    Result& r = out[v];
    std::vector<const Trial*> every;
    for (const auto& t : e.trials) {
      if (t.variant != v) continue;
      every.push_back(&t);
      if (t.out.valid()) r.runs.push_back(&t);
    }
    r.not_valid = every.size() - r.runs.size();
    if (r.runs.empty()) r.runs = every;
    double cpu = 0;
    bool known = !r.runs.empty();
    for (const Trial* t : r.runs) {
      add(r.all, t->out);
      known = known && t->server_cpu;
      cpu += t->server_cpu.value_or(0);
    }
    if (known) r.server_cpu = cpu / static_cast<double>(r.runs.size());
  }
  return out;
}

Estimate Result::of(const Measure& m) const {
  std::vector<double> values;
  for (const Trial* t : runs) values.push_back(m.of(t->out));
  return estimate(values);
}

bool Result::resolves(double percent) const {
  return std::all_of(runs.begin(), runs.end(),
                     [&](const Trial* t) { return t->out.latency.resolves(percent); });
}

std::optional<Change> change(const Result& a, const Result& b, const Measure& m) {
  std::vector<double> of_a, of_b;
  for (const Trial* x : a.runs) {
    auto y = std::find_if(b.runs.begin(), b.runs.end(),
                          [&](const Trial* t) { return t->round == x->round; });
    if (y == b.runs.end() || !x->out.valid() || !(*y)->out.valid()) continue;
    of_a.push_back(m.of(x->out));
    of_b.push_back(m.of((*y)->out));
  }
  const double base = estimate(of_a).mean;
  const Estimate d = difference(of_a, of_b);
  if (!d.half || base <= 0) return std::nullopt;
  const double per = 100 / base;
  return Change{d.mean * per, (d.mean - *d.half) * per, (d.mean + *d.half) * per};
}

}  // namespace weft::labs::load
