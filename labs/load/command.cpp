// SPDX-License-Identifier: BSL-1.0
// weft load URL…: the load generator as a command of its own.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/expect.hpp"
#include "labs/load/generator.hpp"
#include "labs/load/url.hpp"
#include "labs/output_file.hpp"
#include "labs/random.hpp"
#include "labs/seed_option.hpp"
#include "labs/trace/start.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::labs {
namespace {

using namespace lwp::os;
using load::Failure;
using load::Outcome;
using load::Plan;

struct Flags {
  std::vector<std::string> urls, expect;
  int connections = 0;
  double rate = 0, duration = 10, warm_up = 1, timeout = 5;
  bool poisson = false, keep_alive = false;
  std::uint64_t seed = 1;
  std::string json, trace;
};

const std::vector<Metric> kMetrics = {{"rps"},       {"errors"},    {"p50", true},
                                      {"p90", true}, {"p99", true}, {"p99.9", true},
                                      {"max", true}, {"mean", true}};
constexpr double kPercentiles[] = {50, 90, 99, 99.9};

// Everything the run needs, checked.
struct Job {
  Plan plan;
  std::string server;  // "127.0.0.1:8080"
  std::vector<std::string> requests;
  std::vector<Expectation> expectations;
};

std::optional<Refusal> prepare(const Flags& f, const Say& say, Job& job) {
  std::optional<load::Url> first;
  for (const auto& text : f.urls) {
    auto url = load::parse_url(text);
    if (!url) return Refusal{say("load.bad_url", {{"url", text}})};
    if (!first) first = url, job.server = url->authority;
    if (url->address.host != first->address.host || url->address.port != first->address.port)
      return Refusal{say("load.two_servers", {{"a", first->authority}, {"b", url->authority}})};
    job.requests.push_back(load::request_for(*url, f.keep_alive));
  }
  auto out_of_range = [&](const char* flag, const char* range) {
    return Refusal{say("usage.range", {{"flag", flag}, {"range", range}})};
  };
  if (f.connections < 0 || f.connections > 10'000) return out_of_range("--connections", "1–10000");
  if (!(f.rate >= 0 && f.rate <= 1e6)) return out_of_range("--rate", "0.001–1000000");
  if (!(f.duration > 0 && f.duration <= 86'400)) return out_of_range("--duration", "0.001–86400");
  if (!(f.warm_up >= 0 && f.warm_up <= 3600)) return out_of_range("--warm-up", "0–3600");
  if (!(f.timeout > 0 && f.timeout <= 3600)) return out_of_range("--timeout", "0.001–3600");
  if (f.poisson && f.rate == 0) return Refusal{say("load.poisson_needs_rate")};
  for (const auto& text : f.expect) {
    auto e = parse_expectation(text, kMetrics);
    if (!e) return Refusal{say("load.bad_expectation", {{"text", text}})};
    job.expectations.push_back(*e);
  }
  if (!can_write(f.json)) return Refusal{say("usage.cannot_write", {{"path", f.json}})};

  Plan& p = job.plan;
  auto seconds = [](double s) { return static_cast<Nanos>(s * kSecond); };
  p.target = first->address;
  p.rate = f.rate;
  p.connections = f.connections ? f.connections : f.rate > 0 ? 1000 : 16;
  p.poisson = f.poisson;
  p.keep_alive = f.keep_alive;
  p.seed = f.seed;
  p.warm_up = seconds(f.warm_up);
  p.duration = seconds(f.duration);
  p.timeout = seconds(f.timeout);
  // Several URLs are dealt at random, each as often as the others.
  p.next_request = [&job, random = std::make_shared<Random>(f.seed)]() -> std::string_view {
    return job.requests[job.requests.size() == 1 ? 0 : random->below(job.requests.size())];
  };
  return std::nullopt;
}

std::string shown(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// Three digits with a unit that fits: "1.52 ms".
std::string time_text(double nanos) {
  auto [divisor, unit] = nanos < 1e6   ? std::pair{1e3, "µs"}
                         : nanos < 1e9 ? std::pair{1e6, "ms"}
                                       : std::pair{1e9, "s"};
  double value = nanos / divisor;
  return shown(value, value < 10 ? 2 : value < 100 ? 1 : 0) + " " + unit;
}

double metric_value(const Outcome& out, const std::string& metric) {
  auto ms = [](auto nanos) { return static_cast<double>(nanos) / 1e6; };
  if (metric == "rps") return out.rps();
  if (metric == "errors") return static_cast<double>(out.failures());
  if (metric == "max") return ms(out.latency.max());
  if (metric == "mean") return ms(out.latency.mean());
  return ms(out.latency.percentile(std::stod(metric.substr(1))));
}

std::string line(std::string_view label, const std::string& value) {
  return "  " + pad_right(label, 12) + pad_left(value, 12) + '\n';
}

std::string latency_text(const Outcome& out, bool open_loop, const Say& say) {
  std::string text =
      say(open_loop ? MessageId("load.latency_intended") : MessageId("load.latency_sent")) + '\n';
  for (double percent : kPercentiles) {
    std::string value = out.latency.resolves(percent)
                            ? time_text(static_cast<double>(out.latency.percentile(percent)))
                            : "– " + say("load.too_few");
    text += line("p" + shown(percent, percent > 99 ? 1 : 0), value);
  }
  text += line("max", time_text(static_cast<double>(out.latency.max())));
  return text + line(say("load.mean"), time_text(out.latency.mean()));
}

std::string summary(const Flags& f, const Job& job, const Outcome& out, const Say& say) {
  const Plan& p = job.plan;
  const double window_s = static_cast<double>(out.window) / 1e9;
  std::string connections = std::to_string(p.connections), text;
  if (p.rate > 0)
    text = say(p.poisson ? MessageId("load.open_poisson") : MessageId("load.open_constant"),
               {{"rate", shown(p.rate, 1)}, {"n", connections}});
  else
    text = say("load.closed", {{"n", connections}});
  text += say(f.keep_alive ? MessageId("load.kept_alive") : MessageId("load.one_each"));
  text = wrap(text + say("load.window", {{"seconds", shown(window_s, 1)}}), 80, 2) + '\n';
  if (out.interrupted) text = wrap(say("load.interrupted"), 80, 2) + '\n' + text;
  text += line(say("load.rps"), shown(out.rps(), 1));
  text += line(say("load.answered"), std::to_string(out.came));
  if (window_s > 0)
    text += line("KiB/s", shown(static_cast<double>(out.bytes) / 1024 / window_s, 1));
  if (!out.kept_up())
    text += wrap(say("load.behind", {{"came", std::to_string(out.came)},
                                     {"offered", std::to_string(out.offered)}}),
                 80, 2) +
            '\n';
  if (out.answered > 0) text += latency_text(out, p.rate > 0, say);
  if (out.failures() == 0) return text + say("load.no_errors") + '\n';
  text += wrap(say("load.errors",
                   {{"n", std::to_string(out.failures())}, {"first", out.first_failure}}),
               80, 2) +
          '\n';
  for (Failure failure : load::kFailures)
    if (auto n = out.failed[static_cast<std::size_t>(failure)])
      text += line(name(failure), std::to_string(n));
  return text;
}

nlohmann::ordered_json to_json(const Flags& f, const Job& job, const Outcome& out) {
  const Plan& p = job.plan;
  auto ms = [](auto nanos) { return static_cast<double>(nanos) / 1e6; };
  nlohmann::ordered_json latency, errors;
  for (double percent : kPercentiles)
    latency["p" + shown(percent, percent > 99 ? 1 : 0)] = ms(out.latency.percentile(percent));
  latency["max"] = ms(out.latency.max());
  latency["mean"] = ms(out.latency.mean());
  for (Failure failure : load::kFailures)
    errors[std::string(name(failure))] = out.failed[static_cast<std::size_t>(failure)];
  return {{"schema", "weft.load/1"},
          {"loop", p.rate > 0 ? "open" : "closed"},
          {"arrivals", p.rate > 0 ? nlohmann::ordered_json(p.poisson ? "poisson" : "constant")
                                  : nlohmann::ordered_json()},
          {"urls", f.urls},
          {"connections", p.connections},
          {"rate", p.rate},
          {"keep_alive", f.keep_alive},
          {"seed", f.seed},
          {"window_s", static_cast<double>(out.window) / 1e9},
          {"interrupted", out.interrupted},
          {"answered", out.answered},
          {"came", out.came},
          {"offered", p.rate > 0 ? nlohmann::ordered_json(out.offered) : nlohmann::ordered_json()},
          {"kept_up", out.kept_up()},
          {"rps", out.rps()},
          {"bytes", out.bytes},
          {"latency_ms", latency},
          {"errors", errors},
          {"first_failure", out.first_failure}};
}

// Says of each expectation whether it held, and returns what the exit code should be: failed
// requests are a no, unless an expectation says how many may fail.
int judge(const Job& job, const Outcome& out, const Terminal& terminal, std::FILE* to) {
  bool good = out.answered + out.came > 0, errors_judged = false;
  for (const auto& e : job.expectations) {
    const double value = metric_value(out, e.metric);
    const bool held = e.holds(value);
    const bool is_time = e.metric != "rps" && e.metric != "errors";
    std::string text = terminal.say(
        held ? MessageId("usage.expected_yes") : MessageId("usage.expected_no"),
        {{"text", e.text},
         {"value", is_time ? time_text(value * 1e6) : shown(value, e.metric == "rps" ? 1 : 0)}});
    std::fprintf(to, "%s\n", terminal.shown(text).c_str());
    good = good && held;
    errors_judged = errors_judged || e.metric == "errors";
  }
  return good && (errors_judged || out.failures() == 0) ? kDone : kNo;
}

int load_urls(const Flags& f, const Terminal& terminal) {
  const Say& say = terminal.say;
  Job job;
  if (auto why = prepare(f, say, job)) return refuse(terminal, "load", *why);
  if (auto why = trace::start(f.trace, false, say)) return refuse(terminal, "load", *why);
  lwp::trace::set_role("client");
  constexpr int kSignals[] = {SIGINT, SIGTERM};
  auto signals = signal_fd(kSignals);
  if (signals) job.plan.stop_fd = signals->get();
  Progress progress(terminal);
  progress.show(say("load.running", {{"seconds", shown(f.warm_up + f.duration, 1)}}));
  Outcome out = load::run(job.plan);
  progress.clear();

  if (out.unreachable) {
    return refuse(terminal, "load",
                  {say("load.unreachable",
                       {{"server", job.server},
                        {"why", std::generic_category().message(out.first_connect_error)}}),
                   kNo});
  }
  std::FILE* words = words_beside(f.json);
  std::fputs(terminal.shown(summary(f, job, out, say)).c_str(), words);
  if (!f.trace.empty())
    std::fprintf(words, "%s\n", terminal.shown(trace::recorded(f.trace, say)).c_str());
  if (!write_output(f.json, to_json(f, job, out).dump(2) + '\n'))
    return refuse(terminal, "load", {say("usage.cannot_write", {{"path", f.json}}), kMachineLacks});
  if (out.interrupted) return kInterrupted;
  return judge(job, out, terminal, words);
}

}  // namespace

void load_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("URL", f->urls, say("load.help_url"))->required();
  auto* connections = sub.add_option("--connections", f->connections, say("load.help_connections"));
  auto* rate = sub.add_option("--rate", f->rate, say("load.help_rate"));
  sub.add_flag("--poisson", f->poisson, say("load.help_poisson"));
  sub.add_flag("--keep-alive", f->keep_alive, say("load.help_keep_alive"));
  sub.add_option("--duration", f->duration, say("load.help_duration"))->capture_default_str();
  sub.add_option("--warm-up", f->warm_up, say("load.help_warm_up"))->capture_default_str();
  sub.add_option("--timeout", f->timeout, say("load.help_timeout"))->capture_default_str();
  seed_option(sub, f->seed, say("load.help_seed"));
  sub.add_option("--json", f->json, say("load.help_json"))->type_name("FILE");
  trace::add_option(sub, f->trace, say);
  sub.add_option("--expect", f->expect, say("load.help_expect"))->type_name("CLAIM");
  sub.footer(say("load.footer") + "\n  " + say("load.example") + "\n" +
             wrap(say("load.exits"), 80, 2));
  sub.callback([f, connections, rate, &terminal, &exit_code] {
    if (connections->count() > 0 && f->connections == 0) f->connections = -1;  // refused
    if (rate->count() > 0 && f->rate == 0) f->rate = -1;                       // as well
    exit_code = load_urls(*f, terminal);
  });
}

}  // namespace weft::labs
