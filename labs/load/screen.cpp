// SPDX-License-Identifier: BSL-1.0
#include "labs/load/screen.hpp"

#include <algorithm>
#include <cmath>

#include "labs/columns.hpp"
#include "labs/load/metrics.hpp"
#include "labs/table.hpp"

namespace weft::labs::load {
namespace {

constexpr std::size_t kWide = 80, kBar = 28;

std::string paragraph(const std::string& text) {
  return wrap(text, kWide, 2) + '\n';
}
std::string line(std::string_view label, const std::string& value, const std::string& more = "") {
  return "  " + pad_right(label, 14) + pad_left(value, 12) + more + '\n';
}

// " ± 0.02 ms" of several runs.
std::string half_width(const Estimate& e, Measure::Unit unit) {
  return e.half ? " ± " + text_of(*e.half, unit) : "";
}

// A scale of powers of ten.
class LogBar {
 public:
  LogBar(double low, double high)
      : low_(std::pow(10, std::floor(std::log10(std::max(low, 1e-4))))),
        high_(std::max(10 * low_, std::pow(10, std::ceil(std::log10(std::max(high, 1e-4)))))) {}
  double low() const { return low_; }
  double high() const { return high_; }
  // The service time, and how much longer it took from the intended time.
  std::string text(double service, double latency) const {
    const std::size_t solid = at(service), all = std::max(solid, at(latency));
    std::string out;
    for (std::size_t i = 0; i < all; ++i) out += i < solid ? "█" : "░";
    return out;
  }

 private:
  std::size_t at(double value) const {
    const double share = std::log10(std::max(value, low_) / low_) / std::log10(high_ / low_);
    return static_cast<std::size_t>(std::lround(share * kBar));
  }
  double low_, high_;
};

// The percentile plot: a row for each, latency and service time, their scale below.
std::string percentiles(const Job& job, const Result& r, const Terminal& t) {
  const Say& say = t.say;
  const Outcome& o = r.all;
  const LogBar bar(ms(o.service.percentile(50)), ms(o.latency.max()));
  const bool several = r.runs.size() > 1;
  const std::size_t wide = several ? 23 : 12;
  std::string out = paragraph(
      say(job.open() ? MessageId("load.latency_intended") : MessageId("load.latency_sent")));
  out += t.dim("  " + pad_right("", 8) + pad_left(say("load.col_latency"), wide) +
               pad_left(say("load.col_service"), 12)) +
         '\n';
  auto row = [&](const std::string& label, const Measure& latency, const Measure& service) {
    const Estimate e = r.of(latency);
    const double value = several ? e.mean : latency.of(o);
    const double served = several ? r.of(service).mean : service.of(o);
    out += "  " + pad_right(label, 8) +
           pad_left(time_text(value) + half_width(e, latency.unit), wide) +
           pad_left(time_text(served), 12) + "  " + bar.text(served, value) + '\n';
  };
  for (double percent : kPercentiles) {
    const std::string name = percentile_name(percent);
    if (r.resolves(percent))
      row(name, measure(name), measure("service-" + name));
    else
      out += "  " + pad_right(name, 8) + pad_left("– " + say("load.too_few"), wide) + '\n';
  }
  row("max", measure("max"), measure("service-max"));
  out += t.dim("  " + std::string(8 + wide + 12, ' ') + "  " +
               pad_right(time_text(bar.low()), kBar - columns(time_text(bar.high()))) +
               time_text(bar.high())) +
         '\n';
  return out + line(say("load.mean"), time_text(o.latency.mean() / 1e6));
}

std::string availability(const Job& job, const Outcome& o, const Say& say) {
  const auto& a = o.availability;
  const ErrorBudget budget = error_budget(a, job.objective);
  std::string text = say("load.availability", {{"share", percent_text(100 * a.share())}});
  if (a.outages == 1) text += say("load.outage", {{"down", time_text(ms(a.down))}});
  if (a.outages > 1)
    text += say("load.outages", {{"n", std::to_string(a.outages)},
                                 {"down", time_text(ms(a.down))},
                                 {"longest", time_text(ms(a.longest))}});
  return paragraph(text + say("load.budget", {{"objective", plain(job.objective)},
                                              {"allowed", time_text(ms(budget.allowed))},
                                              {"used", shown(100 * budget.used, 0)}}));
}

std::string errors(const Outcome& o, const Say& say) {
  if (o.failures() == 0) return "  " + say("load.no_errors") + '\n';
  std::string text = paragraph(
      say("load.errors", {{"n", std::to_string(o.failures())}, {"first", o.first_failure}}));
  for (Failure failure : kFailures)
    if (auto n = o.failed[static_cast<std::size_t>(failure)])
      text += line(name(failure), std::to_string(n));
  return text;
}

// What this program knows of itself.
std::string honesty(const Job& job, const Result& r, const Say& say) {
  const Outcome& o = r.all;
  std::string text;
  const double own =
      o.window > 0 ? 100.0 * static_cast<double>(o.own_cpu) / static_cast<double>(o.window) : 0;
  text += paragraph(
      say("load.lag", {{"lag", time_text(ms(o.lag.percentile(99)))}, {"cpu", shown(own, 0)}}));
  if (!r.valid())
    text += paragraph(say("load.not_valid", {{"lag", time_text(ms(o.lag.percentile(99)))}}));
  else if (r.not_valid > 0)
    text += paragraph(say("load.some_not_valid", {{"n", std::to_string(r.not_valid)}}));
  if (own >= 95) text += paragraph(say("load.client_busy"));
  if (job.open() && !o.kept_up())
    text += paragraph(say(
        "load.behind", {{"came", std::to_string(o.came)}, {"offered", std::to_string(o.offered)}}));
  if (o.starved > 0)
    text += paragraph(say("load.starved", {{"n", std::to_string(o.starved)},
                                           {"max", std::to_string(job.plan.connections)}}));
  if (job.plan.slow_readers > 0)
    text += paragraph(say("load.slow", {{"n", std::to_string(job.plan.slow_readers)},
                                        {"answers", std::to_string(o.slow.answers)},
                                        {"dropped", std::to_string(o.slow.dropped)}}));
  return text;
}

std::string one_variant(const Job& job, const Result& r, const Terminal& t) {
  const Say& say = t.say;
  const Outcome& o = r.all;
  const double seconds = static_cast<double>(o.window) / 1e9;
  const Measure& rps = measure("rps");
  std::string text = line(say("load.rps"), shown(o.rps(), 1), half_width(r.of(rps), rps.unit));
  text += line(say("load.answered"), std::to_string(o.came));
  if (seconds > 0) text += line("KiB/s", shown(static_cast<double>(o.bytes) / 1024 / seconds, 1));
  if (r.server_cpu) text += line(say("load.server_cpu"), shown(100 * *r.server_cpu, 0) + "\u00a0%");
  if (o.latency.count() > 0) text += percentiles(job, r, t);
  if (o.timed_out > 0)
    text += paragraph(say("load.time_outs", {{"n", std::to_string(o.timed_out)},
                                             {"timeout", time_text(ms(job.plan.timeout))}}));
  text += availability(job, o, say) + errors(o, say);
  if (job.plan.spread())
    text += paragraph(say("load.failed_over", {{"n", std::to_string(o.failed_over)}}));
  return text + honesty(job, r, say);
}

std::string several_variants(const Job& job, const std::vector<Result>& results,
                             const Terminal& t) {
  const Say& say = t.say;
  constexpr const char* kShown[] = {"rps", "p50", "p99", "service-p99"};
  std::vector<std::string> head = {say("load.col_variant")};
  for (const char* name : kShown)
    head.push_back(std::string_view(name) == "rps" ? say("load.rps") : std::string(name));
  head.insert(head.end(), {say("load.col_cpu"), say("load.col_errors"), say("load.col_available")});
  Table table(head);
  for (std::size_t v = 0; v < results.size(); ++v) {
    const Result& r = results[v];
    std::vector<std::string> cells = {name_of(job, v)};
    for (const char* name : kShown) {
      const Measure& m = measure(name);
      const Estimate e = r.of(m);
      cells.push_back(text_of(e.mean, m.unit) + half_width(e, m.unit));
    }
    cells.push_back(r.server_cpu ? shown(100 * *r.server_cpu, 0) + "\u00a0%" : "–");
    cells.push_back(std::to_string(r.all.failures()));
    cells.push_back(percent_text(100 * r.all.availability.share()));
    table.add(cells);
  }
  std::string text = table.text(t, 1);
  for (const auto& sentence : comparisons(job, results, say)) text += paragraph(sentence);
  for (std::size_t v = 0; v < results.size(); ++v)
    text += t.bold(name_of(job, v)) + '\n' + availability(job, results[v].all, say) +
            errors(results[v].all, say) + honesty(job, results[v], say);
  return text;
}

std::string loop(const Job& job, const Say& say) {
  const Plan& p = job.plan;
  const std::string n = std::to_string(p.connections), rate = shown(p.rate, 1);
  if (job.sweep) return say("load.sweep_loop", {{"n", n}});
  if (p.rate == 0) return say("load.closed", {{"n", n}});
  if (p.session > 0)
    return say("load.partly_open", {{"rate", rate}, {"session", shown(p.session, 1)}, {"n", n}});
  return say(p.poisson ? MessageId("load.open_poisson") : MessageId("load.open_constant"),
             {{"rate", rate}, {"n", n}});
}

}  // namespace

std::string name_of(const Job& job, std::size_t variant) {
  const Variant& v = job.variants[variant];
  return v.name.empty() ? v.url.authority : v.name;
}

std::string described(const Job& job, const Say& say) {
  const Plan& p = job.plan;
  std::string text = loop(job, say);
  if (p.think.mean > 0)
    text += say(p.think.exponential ? MessageId("load.thinks_exponential")
                                    : MessageId("load.thinks_constant"),
                {{"time", time_text(ms(p.think.mean))}});
  text += say(p.keep_alive ? MessageId("load.kept_alive") : MessageId("load.one_each"));
  if (p.pipeline > 1) text += say("load.pipelined", {{"n", std::to_string(p.pipeline)}});
  if (p.spread()) text += say("load.spread", {{"n", std::to_string(p.also.size() + 1)}});
  if (p.requests_per_connection > 0)
    text += say("load.churned", {{"n", std::to_string(p.requests_per_connection)}});
  return text;
}

std::vector<std::string> comparisons(const Job& job, const std::vector<Result>& results,
                                     const Say& say) {
  std::vector<std::string> out;
  auto percent = [](double p) { return (p >= 0 ? "+" : "−") + shown(std::abs(p), 1) + "\u00a0%"; };
  for (std::size_t v = 1; v < results.size(); ++v) {
    for (const char* name : {"rps", "p50", "p99"}) {
      if (job.open() && std::string_view(name) == "rps") continue;  // that is what was asked for
      auto c = change(results[0], results[v], measure(name));
      if (!c) continue;
      out.push_back(say(c->shown() ? MessageId("load.change") : MessageId("load.no_change"),
                        {{"b", name_of(job, v)},
                         {"a", name_of(job, 0)},
                         {"metric", name},
                         {"percent", percent(c->percent)},
                         {"low", percent(c->low)},
                         {"high", percent(c->high)}}));
    }
  }
  return out;
}

std::string summary(const Job& job, const Experiment& e, const std::vector<Result>& results,
                    const Terminal& t) {
  const Say& say = t.say;
  std::string text;
  if (e.interrupted) text += paragraph(say("load.interrupted"));
  const double window =
      results[0].runs.empty() ? 0 : static_cast<double>(results[0].runs[0]->out.window) / 1e9;
  std::string what = described(job, say) + say("load.window", {{"seconds", shown(window, 1)}});
  if (job.runs > 1) what += say("load.runs", {{"n", std::to_string(job.runs)}});
  text += paragraph(what);
  return text + (results.size() == 1 ? one_variant(job, results[0], t)
                                     : several_variants(job, results, t));
}

std::string sweep_summary(const Job& job, const Sweep& s, const Terminal& t) {
  const Say& say = t.say;
  std::string text;
  if (s.interrupted) text += paragraph(say("load.interrupted"));
  text += paragraph(
      described(job, say) +
      say("load.window", {{"seconds", shown(static_cast<double>(job.plan.duration) / 1e9, 1)}}));
  bool late = false;
  for (std::size_t v = 0; v < s.capacity.size(); ++v) {
    text += paragraph(
        say("load.capacity", {{"name", name_of(job, v)}, {"rate", shown(s.capacity[v], 0)}}));
    double low = 1e12, high = 0;
    for (const auto& step : s.steps) {
      if (v >= step.trials.size()) continue;
      low = std::min(low, measure("service-p50").of(step.trials[v].out));
      high = std::max(high, measure("p99").of(step.trials[v].out));
    }
    const LogBar bar(low, high);
    Table table({say("load.col_share"), say("load.col_asked"), say("load.col_came"), "p50", "p99",
                 say("load.col_cpu"), "", ""});
    for (const auto& step : s.steps) {
      if (v >= step.trials.size()) continue;
      const Trial& trial = step.trials[v];
      const Outcome& o = trial.out;
      const double p50 = measure("p50").of(o), p99 = measure("p99").of(o);
      late = late || !o.valid();
      table.add({shown(100 * step.share, 0) + "\u00a0%", shown(step.rate, 0), shown(o.rps(), 0),
                 time_text(p50), time_text(p99),
                 trial.server_cpu ? shown(100 * *trial.server_cpu, 0) + "\u00a0%" : "–",
                 o.valid() ? "" : "!", pad_right(bar.text(p50, p99), kBar)});
    }
    text += table.text(t, 0) + "\n";
  }
  text += paragraph(say("load.sweep_bars"));
  if (late) text += paragraph(say("load.sweep_late"));
  return text;
}

}  // namespace weft::labs::load
