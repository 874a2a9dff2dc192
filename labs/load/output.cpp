// SPDX-License-Identifier: BSL-1.0
#include "labs/load/output.hpp"

#include <nlohmann/json.hpp>

#include "labs/load/screen.hpp"

namespace weft::labs::load {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Histogram& h) {
  Json out;
  for (double percent : kPercentiles) out[percentile_name(percent)] = ms(h.percentile(percent));
  out["max"] = ms(h.max());
  out["mean"] = h.mean() / 1e6;
  return out;
}

Json json_of(const Availability& a, double objective) {
  const ErrorBudget budget = error_budget(a, objective);
  return {{"share", a.share()},
          {"down_s", static_cast<double>(a.down) / 1e9},
          {"outages", a.outages},
          {"longest_outage_s", static_cast<double>(a.longest) / 1e9},
          {"objective", objective / 100},
          {"error_budget_s", static_cast<double>(budget.allowed) / 1e9},
          {"error_budget_used", budget.used}};
}

// What is known of one run, or of several together.
Json json_of(const Job& job, const Outcome& o, double rate) {
  Json errors;
  for (Failure f : kFailures) errors[std::string(name(f))] = o.failed[static_cast<std::size_t>(f)];
  Json out = {{"valid", o.valid()},
              {"window_s", static_cast<double>(o.window) / 1e9},
              {"answered", o.answered},
              {"came", o.came},
              {"offered", rate > 0 ? Json(o.offered) : Json()},
              {"kept_up", o.kept_up()},
              {"rps", o.rps()},
              {"bytes", o.bytes},
              {"latency_ms", json_of(o.latency)},
              {"service_ms", json_of(o.service)},
              {"send_lag_ms", {{"p99", ms(o.lag.percentile(99))}, {"max", ms(o.lag.max())}}},
              {"own_cpu",
               o.window > 0 ? static_cast<double>(o.own_cpu) / static_cast<double>(o.window) : 0},
              {"time_outs", o.timed_out},
              {"failed_over", o.failed_over},
              {"waited_for_a_connection", o.starved},
              {"success", o.success()},
              {"availability", json_of(o.availability, job.objective)},
              {"errors", errors},
              {"first_failure", o.first_failure}};
  if (job.plan.slow_readers > 0)
    out["slow_readers"] = {
        {"answers", o.slow.answers}, {"dropped", o.slow.dropped}, {"bytes", o.slow.bytes}};
  return out;
}

Json setup_of(const Job& job) {
  const Plan& p = job.plan;
  const bool open = p.rate > 0 || job.sweep;
  return {{"loop", !open           ? "closed"
                   : p.session > 0 ? "partly open"
                                   : "open"},
          {"arrivals", open ? Json(p.poisson ? "poisson" : "constant") : Json()},
          {"urls", job.asked},
          {"endpoints", p.also.size() + 1},
          {"connections", p.connections},
          {"rate", p.rate},
          {"session", p.session},
          {"think_ms", ms(p.think.mean)},
          {"think", p.think.exponential ? "exponential" : "constant"},
          {"keep_alive", p.keep_alive},
          {"pipeline", p.pipeline},
          {"requests_per_connection", p.requests_per_connection},
          {"slow_readers", p.slow_readers},
          {"timeout_s", static_cast<double>(p.timeout) / 1e9},
          {"seed", p.seed}};
}

Json json_of(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

std::string csv_head() {
  std::string out = "run,variant,round,rate,valid,server_cpu,answered,time_outs";
  for (const auto& m : measures()) {
    out += ',';
    out += m.name;
    if (m.unit == Measure::Unit::ms) out += "_ms";
    if (m.unit == Measure::Unit::percent) out += "_percent";
  }
  return out + '\n';
}

// A name with a comma or a quotation mark is quoted (RFC 4180).
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == text.npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string csv_line(const Job& job, std::size_t number, const Trial& t, double rate) {
  std::string out = std::to_string(number) + ',' + quoted(name_of(job, t.variant)) + ',' +
                    std::to_string(t.round) + ',' + shown(rate, 3) + ',' +
                    (t.out.valid() ? "1," : "0,") + (t.server_cpu ? shown(*t.server_cpu, 4) : "") +
                    ',' + std::to_string(t.out.answered) + ',' + std::to_string(t.out.timed_out);
  for (const auto& m : measures()) out += ',' + shown(m.of(t.out), 6);
  return out + '\n';
}

}  // namespace

std::string to_json(const Job& job, const Experiment& e, const std::vector<Result>& results) {
  Json out = {{"schema", "weft.load/2"}};
  out.update(setup_of(job));
  out["runs"] = job.runs;
  out["interrupted"] = e.interrupted;
  for (std::size_t v = 0; v < results.size(); ++v) {
    const Result& r = results[v];
    Json one = {{"name", name_of(job, v)}, {"url", job.variants[v].url.authority}};
    one.update(json_of(job, r.all, job.plan.rate));
    one["valid"] = r.valid();
    one["runs_counted"] = r.runs.size();
    one["runs_not_valid"] = r.not_valid;
    one["server_cpu"] = json_of(r.server_cpu);
    for (const auto& m : measures()) {
      const Estimate estimate = r.of(m);
      one["estimates"][m.name] = {{"mean", estimate.mean}, {"half_95", json_of(estimate.half)}};
    }
    if (v > 0) {
      for (const auto& m : measures())
        if (auto c = change(results[0], r, m))
          one["change_percent"][m.name] = {
              {"mean", c->percent}, {"low", c->low}, {"high", c->high}};
    }
    // The only one stands in the document itself.
    if (results.size() == 1)
      out.update(one);
    else
      out["variants"].push_back(one);
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_csv(const Job& job, const Experiment& e) {
  std::string out = csv_head();
  std::size_t number = 0;
  for (const auto& t : e.trials) out += csv_line(job, ++number, t, job.plan.rate);
  return out;
}

std::string to_json(const Job& job, const Sweep& s) {
  Json out = {{"schema", "weft.load-sweep/1"}};
  out.update(setup_of(job));
  out["interrupted"] = s.interrupted;
  for (std::size_t v = 0; v < s.capacity.size(); ++v) {
    Json one = {{"name", name_of(job, v)}, {"capacity_rps", s.capacity[v]}};
    for (const auto& step : s.steps) {
      if (v >= step.trials.size()) continue;
      Json at = {{"share", step.share}, {"rate", step.rate}};
      at["server_cpu"] = json_of(step.trials[v].server_cpu);
      at.update(json_of(job, step.trials[v].out, step.rate));
      one["steps"].push_back(at);
    }
    out["variants"].push_back(one);
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_csv(const Job& job, const Sweep& s) {
  std::string out = csv_head();
  std::size_t number = 0;
  for (const auto& step : s.steps)
    for (const auto& t : step.trials) out += csv_line(job, ++number, t, step.rate);
  return out;
}

}  // namespace weft::labs::load
