// SPDX-License-Identifier: BSL-1.0
#include "labs/load/options.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "labs/exit.hpp"
#include "labs/load/metrics.hpp"
#include "labs/output_file.hpp"

namespace weft::labs::load {
namespace {

using namespace lwp::os;

constexpr int kRunsCompared = 5;  // the fewest that give an interval worth its name

class Preparation {
 public:
  Preparation(const Flags& f, const Say& say, Job& job) : f_(f), say_(say), job_(job) {}

  std::optional<Refusal> run() {
    if (auto why = ranges()) return why;
    if (auto why = loop()) return why;
    if (auto why = requests()) return why;
    if (auto why = outputs()) return why;
    return look_up();  // last: what is typed has been checked
  }

 private:
  Refusal range(const char* flag, const char* range) {
    return {say_("usage.range", {{"flag", flag}, {"range", range}})};
  }

  std::optional<Refusal> ranges() {
    if (f_.connections < 0 || f_.connections > 10'000) return range("--connections", "1–10000");
    if (!(f_.rate >= 0 && f_.rate <= 1e6)) return range("--rate", "0.001–1000000");
    if (!(f_.duration > 0 && f_.duration <= 86'400)) return range("--duration", "0.001–86400");
    if (!(f_.warm_up >= 0 && f_.warm_up <= 3600)) return range("--warm-up", "0–3600");
    if (!(f_.timeout > 0 && f_.timeout <= 3600)) return range("--timeout", "0.001–3600");
    if (f_.runs < 0 || f_.runs > 1000) return range("--runs", "1–1000");
    if (f_.pipeline < 1 || f_.pipeline > 1000) return range("--pipeline", "1–1000");
    if (f_.requests_per_connection < 0) return range("--requests-per-connection", "1–2147483647");
    if (!(f_.session == 0 || (f_.session >= 1 && f_.session <= 1e6)))
      return range("--session", "1–1000000");
    if (!(f_.zipf >= 0 && f_.zipf <= 10)) return range("--zipf", "0–10");
    if (!(f_.objective > 0 && f_.objective < 100)) return range("--objective", "0.001–99.999999");
    return std::nullopt;
  }

  // Closed, open or partly open.
  std::optional<Refusal> loop() {
    if (f_.sweep && f_.rate > 0) return Refusal{say_("load.sweep_has_rates")};
    if (f_.sweep && !f_.expect.empty()) return Refusal{say_("load.sweep_expects")};
    const bool open = f_.rate > 0 || f_.sweep;
    if (f_.poisson && !open) return Refusal{say_("load.poisson_needs_rate")};
    if (f_.session > 0 && !open) return Refusal{say_("load.session_needs_rate")};
    if (f_.session > 0 && f_.pipeline > 1) return Refusal{say_("load.session_is_not_pipelined")};
    Plan& p = job_.plan;
    if (!f_.think.empty()) {
      auto think = parse_think(f_.think);
      if (!think) return Refusal{say_("load.bad_think", {{"text", f_.think}})};
      if (open && f_.session == 0) return Refusal{say_("load.think_needs_clients")};
      p.think = *think;
    }
    if (!f_.slow_readers.empty() && !slow_readers(p))
      return Refusal{say_("load.bad_slow_readers", {{"text", f_.slow_readers}})};
    auto seconds = [](double s) { return static_cast<Nanos>(s * kSecond); };
    p.rate = f_.rate;
    p.connections = f_.connections ? f_.connections : open ? 1000 : 16;
    p.poisson = f_.poisson;
    p.session = f_.session;
    p.pipeline = f_.pipeline;
    p.requests_per_connection = f_.requests_per_connection;
    p.keep_alive = f_.keep_alive || f_.pipeline > 1 || f_.requests_per_connection > 0;
    p.seed = f_.seed;
    p.warm_up = seconds(f_.warm_up);
    p.duration = seconds(f_.duration);
    p.timeout = seconds(f_.timeout);
    return std::nullopt;
  }

  // "8:100": so many, so many bytes a second.
  bool slow_readers(Plan& p) {
    const std::string& text = f_.slow_readers;
    const char* end = text.data() + text.size();
    auto [colon, bad] = std::from_chars(text.data(), end, p.slow_readers);
    if (bad != std::errc() || colon == end || *colon != ':') return false;
    auto [last, worse] = std::from_chars(colon + 1, end, p.slow_bytes);
    return worse == std::errc() && last == end && p.slow_readers > 0 && p.slow_readers <= 10'000 &&
           p.slow_bytes >= 0.01 && p.slow_bytes <= 1e9;
  }

  std::optional<Refusal> requests() {
    std::vector<Url> urls;
    if (f_.urls.empty() == f_.variants.empty()) return Refusal{say_("load.url_or_variants")};
    for (const auto& text : f_.urls) {
      const bool named = !f_.names.empty();
      auto url = named ? parse_named_url(text) : parse_url(text);
      if (!url)
        return Refusal{say_(named ? MessageId("load.bad_named_url") : MessageId("load.bad_url"),
                            {{"url", text}})};
      urls.push_back(*url);
      if (named ? url->authority != urls[0].authority
                : url->address.host != urls[0].address.host ||
                      url->address.port != urls[0].address.port)
        return Refusal{say_("load.two_servers", {{"a", urls[0].authority}, {"b", url->authority}})};
    }
    if (auto why = endpoints(urls)) return why;
    for (const auto& text : f_.variants) {
      const auto equals = text.find('=');
      auto url = parse_url(equals == text.npos ? "" : text.substr(equals + 1));
      const std::string name = text.substr(0, equals);
      const bool known = std::any_of(job_.variants.begin(), job_.variants.end(),
                                     [&](const Variant& v) { return v.name == name; });
      if (!url || name.empty() || known) return Refusal{say_("load.bad_variant", {{"text", text}})};
      job_.variants.push_back({name, *url, nullptr});
    }
    if (job_.variants.empty()) job_.variants.push_back({"", urls[0], nullptr});
    std::vector<Ask> asks;
    if (auto why = asks_for(urls, asks)) return why;
    for (auto& v : job_.variants) {
      // A variant's own path is what is asked for where nothing else says.
      auto own = asks;
      if (own.empty()) own.push_back({"GET", v.url.target, 0, 1});
      v.dealer = std::make_shared<Dealer>(own, v.url.authority, job_.plan.keep_alive);
    }
    return std::nullopt;
  }

  // Where the one server is, if it is several.
  std::optional<Refusal> endpoints(const std::vector<Url>& urls) {
    if (f_.also.empty() && f_.names.empty()) return std::nullopt;
    if (urls.empty() || (!f_.also.empty() && !f_.names.empty()))
      return Refusal{say_("load.also_or_names")};
    for (const auto& text : f_.also) {
      const auto url = parse_url(text);
      if (!url || url->target != "/") return Refusal{say_("load.bad_also", {{"text", text}})};
      job_.plan.also.push_back(url->address);
    }
    if (f_.names.empty()) return std::nullopt;
    const auto server = parse_url(f_.names);
    if (!server || server->target != "/")
      return Refusal{say_("load.bad_names", {{"text", f_.names}})};
    job_.plan.named = Named{server->address, urls[0].authority};
    return std::nullopt;
  }

  // What is asked of each server; nothing: the path of its URL.
  std::optional<Refusal> asks_for(const std::vector<Url>& urls, std::vector<Ask>& asks) {
    job_.asked = f_.urls;
    if (!f_.mix.empty() && !f_.urls_file.empty()) return Refusal{say_("load.mix_or_urls")};
    const std::string& file = f_.mix.empty() ? f_.urls_file : f_.mix;
    if (!file.empty()) {
      std::ifstream in(file);
      std::ostringstream text;
      text << in.rdbuf();
      if (!in) return Refusal{say_("load.cannot_read", {{"path", file}})};
      job_.asked = {file};
      return f_.mix.empty() ? from_urls(text.str(), asks) : from_mix(text.str(), asks);
    }
    if (urls.size() > 1) {
      for (const auto& url : urls) asks.push_back({"GET", url.target, 0, 1});
      popularity_by_rank(asks, f_.zipf);
    } else if (f_.zipf > 0) {
      return Refusal{say_("load.zipf_needs_several")};
    }
    return std::nullopt;
  }

  std::optional<Refusal> from_mix(const std::string& text, std::vector<Ask>& asks) {
    auto parsed = parse_mix(text, f_.zipf);
    if (auto* error = std::get_if<MixError>(&parsed))
      return Refusal{
          say_("load.bad_mix",
               {{"path", f_.mix}, {"line", std::to_string(error->line)}, {"what", error->what}})};
    asks = std::move(std::get<0>(parsed));
    return std::nullopt;
  }

  // A path a line; of a URL its path.
  std::optional<Refusal> from_urls(const std::string& text, std::vector<Ask>& asks) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
      if (line.empty() || line[0] == '#') continue;
      auto url = parse_url(line[0] == '/' ? "127.0.0.1" + line : line);
      if (!url || asks.size() >= kMostAsks)
        return Refusal{say_("load.bad_line", {{"path", f_.urls_file}, {"line", line}})};
      asks.push_back({"GET", url->target, 0, 1});
    }
    if (asks.empty()) return Refusal{say_("load.bad_line", {{"path", f_.urls_file}, {"line", ""}})};
    popularity_by_rank(asks, f_.zipf);
    return std::nullopt;
  }

  std::optional<Refusal> outputs() {
    for (const auto& text : f_.expect) {
      auto e = parse_expectation(text, expected_metrics());
      if (!e) return Refusal{say_("load.bad_expectation", {{"text", text}})};
      job_.expectations.push_back(*e);
    }
    for (const auto& path : {f_.json, f_.csv, f_.hgrm, f_.report})
      if (!can_write(path)) return Refusal{say_("usage.cannot_write", {{"path", path}})};
    if (!f_.hgrm.empty() && (job_.variants.size() > 1 || f_.sweep))
      return Refusal{say_("load.one_hgrm")};
    job_.objective = f_.objective;
    job_.sweep = f_.sweep;
    const bool compared = job_.variants.size() > 1 || !f_.report.empty();
    job_.runs = f_.runs ? f_.runs : compared && !f_.sweep ? kRunsCompared : 1;
    return std::nullopt;
  }

  std::optional<Refusal> look_up() {
    const auto& named = job_.plan.named;
    if (!named) return std::nullopt;
    std::string answer;
    servers::ask_names(named->server, "lookup " + named->name, kSecond, answer);
    auto found = servers::endpoints_in(answer);
    if (found.empty())
      return Refusal{
          say_("load.nobody", {{"name", named->name}, {"names", f_.names}, {"why", answer}}), kNo};
    job_.variants[0].url.address = found.front();
    job_.plan.also.assign(found.begin() + 1, found.end());
    return std::nullopt;
  }

  const Flags& f_;
  const Say& say_;
  Job& job_;
};

}  // namespace

std::optional<Refusal> prepare(const Flags& flags, const Say& say, Job& job) {
  return Preparation(flags, say, job).run();
}

}  // namespace weft::labs::load
