// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/measure.hpp"

#include <algorithm>
#include <ctime>

#include "labs/compare/findings.hpp"
#include "labs/compare/server.hpp"
#include "labs/compare/tree.hpp"
#include "labs/deck.hpp"
#include "labs/exit.hpp"
#include "labs/load/generator.hpp"
#include "labs/load/url.hpp"
#include "labs/trace/recording.hpp"

namespace weft::labs::compare {
namespace {

using namespace lwp::os;

// Of a window. The kernel counts who runs when its tick comes, so a share of other programs is a
// sample and needs a margin.
constexpr double kMostStolen = 0.02, kMostForOthers = 0.15;
// Windows without a single answer, one after the other.
constexpr int kMostEmpty = 5;
// Of the whole time, for measuring disturbed windows again.
constexpr double kSpare = 0.13;

// Deals requests for hot and cold files, the same sequence for the same seed.
class Dealer {
 public:
  Dealer(const Tree& tree, const predict::Network& network, std::uint64_t seed)
      : decks_(seed, network.deck, network.cold), random_(seed ^ 0x5eed) {
    for (const auto& file : tree.files()) {
      hot_.push_back(request("/hot/" + file));
      cold_.push_back(request("/cold/" + file));
    }
  }
  std::string_view next() {
    const auto& shelf = decks_.next() ? cold_ : hot_;
    return shelf[random_.below(shelf.size())];
  }

 private:
  static std::string request(const std::string& target) {
    load::Url url;
    url.authority = "compare";
    url.target = target;
    return load::request_for(url, false);
  }
  Decks decks_;
  Random random_;
  std::vector<std::string> hot_, cold_;
};

std::string today() {
  std::time_t t = static_cast<std::time_t>(wall_now() / kSecond);
  std::tm local{};
  localtime_r(&t, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", &local);
  return text;
}

class Measurement {
 public:
  Measurement(const Options& options, const Terminal& terminal, int stop_fd)
      : o_(options),
        say_(terminal.say),
        progress_(terminal),
        stop_fd_(stop_fd),
        spare_(static_cast<Nanos>(kSpare * options.seconds * kSecond)) {}

  std::variant<Comparison, Refusal> run() {
    all_cpus_ = allowed_cpus();
    std::string error;
    auto tree = Tree::make(o_.root, o_.setup.seed, error);
    if (!tree) return Refusal{say_("compare.no_tree", {{"why", error}})};
    tree_.emplace(std::move(*tree));
    c_.setup = o_.setup;
    c_.rounds = o_.rounds;
    c_.date = today();
    c_.cpu = cpu_name();
    if (c_.cpu.empty()) c_.cpu = say_("compare.unknown_cpu");
    const auto specs = rows_for(o_.setup);
    for (const auto& spec : specs) {
      Row row;
      row.spec = spec;
      if (o_.setup.own_core) row.predicted = predict_row(o_.setup, row.spec);
      c_.rows.push_back(std::move(row));
    }
    schedule_ = schedule(o_, specs);
    // Longer than was promised or asked for: say so before, not after.
    if (auto total = static_cast<double>(schedule_.total) / kSecond; total > o_.seconds + 2)
      progress_.note(say_("compare.longer", {{"rows", std::to_string(specs.size())},
                                             {"seconds", number(total + 2, 0)}}));
    started_ = now();
    auto why = start_servers();
    if (!why && !o_.client_cpus.empty() && !confine_to(o_.client_cpus))
      why = Refusal{say_("compare.cannot_confine"), kMachineLacks};
    if (!why) why = closed_phase();
    if (!why) why = open_phase();
    for (auto& server : servers_) server.stop();
    if (!why && !o_.report.empty()) why = recorded_phase();
    progress_.clear();
    if (why) return *why;
    return std::move(c_);
  }

 private:
  std::optional<Refusal> start_servers() {
    for (const auto& row : c_.rows) {
      show(say_("compare.starting", {{"row", label(row.spec, say_)}}));
      if (auto why = start_server(row.spec, {})) return why;
    }
    return std::nullopt;
  }

  std::optional<Refusal> start_server(const RowSpec& spec, std::vector<std::string> more) {
    auto arguments = serve_arguments(spec, o_.setup, tree_->path(), o_.server_cpus, o_.client_cpus);
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto server = ServerProcess::start(own_program(), arguments, all_cpus_);
    if (!server)
      return Refusal{say_("compare.no_server", {{"row", label(spec, say_)}}), kMachineLacks};
    servers_.push_back(std::move(*server));
    return std::nullopt;
  }

  load::Plan plan_for(std::size_t row, Dealer& dealer) {
    load::Plan p = load_on(servers_[row], dealer);
    p.warm_up = warm_up(o_.setup, c_.rows[row].spec);
    return p;
  }

  load::Plan load_on(const ServerProcess& server, Dealer& dealer) {
    load::Plan p;
    p.target = server.address();
    p.next_request = [&dealer] { return dealer.next(); };
    // A request in the longest queue waits for all clients' CPU and disk, one after the other.
    p.timeout =
        5 * kSecond + static_cast<Nanos>(o_.setup.clients * 100 / o_.setup.scale) * kMillisecond;
    p.stop_fd = stop_fd_;
    return p;
  }

  std::optional<Refusal> closed_phase() {
    for (int round = 0; round < o_.rounds; ++round)
      for (std::size_t i = 0; i < c_.rows.size(); ++i) {
        std::size_t at = round % 2 ? c_.rows.size() - 1 - i : i;
        Row& row = c_.rows[at];
        show(say_("compare.closed_round", {{"row", label(row.spec, say_)},
                                           {"round", std::to_string(round + 1)},
                                           {"rounds", std::to_string(o_.rounds)}}));
        auto seed = o_.setup.seed + static_cast<std::uint64_t>(round);
        auto done = undisturbed(at, seed, [&](load::Plan& p) {
          p.connections = o_.setup.clients;
          p.duration = schedule_.closed;
          p.whole = o_.setup.network.deck;
        });
        if (auto* why = std::get_if<Refusal>(&done)) return *why;
        const auto& w = std::get<MeasuredWindow>(done);
        row.rps.push_back(w.load.rps() / o_.setup.scale);
        row.on_block = w.after.on_block;
        add_window(row.counted, w.before, w.after, o_.setup.scale);
      }
    return std::nullopt;
  }

  std::optional<Refusal> open_phase() {
    for (std::size_t at = 0; at < c_.rows.size(); ++at) {
      show(say_("compare.open_round", {{"row", label(c_.rows[at].spec, say_)}}));
      auto done = undisturbed(at, o_.setup.seed + 1000, [&](load::Plan& p) {
        p.rate = o_.setup.open_rps * o_.setup.scale;
        p.poisson = true;
        p.seed = o_.setup.seed + 1000;
        p.connections = 512;
        p.duration = schedule_.open;
      });
      if (auto* why = std::get_if<Refusal>(&done)) return *why;
      c_.rows[at].latency = std::move(std::get<MeasuredWindow>(done).load.latency);
    }
    return std::nullopt;
  }

  // The two rows that differ in their mapping alone: many-to-one, and many-to-many.
  std::optional<Refusal> recorded_phase() {
    for (auto mapping : {fibers::Mapping::many_to_one, fibers::Mapping::many_to_many}) {
      const Row* row = c_.find("dispatcher-worker", mapping);
      if (!row) continue;
      show(say_("compare.recording", {{"row", label(row->spec, say_)}}));
      const std::string file = tree_->path() + "/recording-" + std::string(fibers::name(mapping));
      if (auto why = start_server(row->spec, {"--trace", file})) return why;
      Dealer dealer(*tree_, o_.setup.network, o_.setup.seed);
      load::Plan plan = load_on(servers_.back(), dealer);
      plan.connections = o_.setup.clients;
      plan.duration = recorded_for(o_.setup);
      const load::Outcome load = load::run(plan);
      servers_.back().stop();
      if (load.interrupted) return interrupted();
      auto recording = trace::read({file}, say_);
      if (auto* why = std::get_if<Refusal>(&recording)) return *why;
      auto& server = std::get<trace::Recording>(recording);
      trace::leave_out(server, [](const auto& p) {
        return p.role == "disk";
      });  // the lesson is who waits for it
      c_.recorded.push_back({row->spec, trace::model_of(std::move(server))});
    }
    return std::nullopt;
  }

  struct MeasuredWindow {
    load::Outcome load;
    Counters before, after;
    bool disturbed = false;
  };
  using Window = std::variant<MeasuredWindow, Refusal>;

  // Measures a row, again while it was disturbed and there is time to spare.
  template <class Shape>
  Window undisturbed(std::size_t at, std::uint64_t seed, Shape&& shape) {
    for (int empty = 0;;) {
      Nanos begin = now();
      Dealer dealer(*tree_, o_.setup.network, seed);
      load::Plan plan = plan_for(at, dealer);
      shape(plan);
      Window window = measure_window(at, plan);
      auto* measured = std::get_if<MeasuredWindow>(&window);
      if (!measured || !measured->disturbed) return window;
      Nanos cost = now() - begin;
      if (measured->load.answered == 0) {
        // The client itself stood still for the whole window: there is nothing to report.
        if (++empty == kMostEmpty)
          return no_figures(at, say_("compare.no_answers", {{"windows", std::to_string(empty)}}));
      } else if (cost > spare_) {
        ++c_.disturbed;
        return window;
      }
      spare_ -= cost;
      ++c_.repeated;
    }
  }

  Window measure_window(std::size_t at, load::Plan& plan) {
    ServerProcess& server = servers_[at];
    const int cpu = o_.server_cpus.empty() ? all_cpus_.front() : o_.server_cpus.front();
    CpuTimes core_before, core_after;
    plan.window_begins = [&] {
      server.window_begins();
      core_before = cpu_times(cpu);
    };
    plan.window_ends = [&] {
      server.window_ends();
      core_after = cpu_times(cpu);
    };
    MeasuredWindow w;
    w.load = load::run(plan);
    if (w.load.interrupted) return interrupted();
    c_.rows[at].errors += w.load.failures();
    if (c_.rows[at].first_error.empty()) c_.rows[at].first_error = w.load.first_failure;
    auto [before, after] = server.ends();
    if (!before || !after) return no_figures(at, servers_[at].fate(say_));
    w.before = *before;
    w.after = *after;
    auto share = [&](Nanos t) {
      return static_cast<double>(t) / static_cast<double>(std::max<Nanos>(w.load.window, 1));
    };
    Nanos others = core_after.busy - core_before.busy - (after->cpu - before->cpu);
    w.disturbed = w.load.answered == 0 ||
                  share(core_after.stolen - core_before.stolen) > kMostStolen ||
                  (o_.setup.own_core && share(others) > kMostForOthers);
    return w;
  }

  Refusal no_figures(std::size_t at, const std::string& why) {
    return {say_("compare.no_figures", {{"row", label(c_.rows[at].spec, say_)}, {"why", why}}),
            kMachineLacks};
  }
  Refusal interrupted() const { return {say_("compare.interrupted"), kInterrupted}; }

  void show(const std::string& what) {
    auto left = (schedule_.total - (now() - started_)) / kSecond;
    progress_.show(say_("compare.progress",
                        {{"what", what}, {"left", std::to_string(std::max<Nanos>(left, 1))}}));
  }

  const Options& o_;
  Say say_;
  Progress progress_;
  int stop_fd_;
  Nanos spare_;  // for windows that were disturbed
  Schedule schedule_;
  Nanos started_ = 0;
  std::vector<int> all_cpus_;
  std::optional<Tree> tree_;
  std::vector<ServerProcess> servers_;
  Comparison c_;
};

}  // namespace

// Where the CPU is the bottleneck, requests that wait for it are there from the start. A slow
// disk's queue grows by what the CPU sends it beyond what it serves (at one head 22.2 - 13.3 a
// second), and until all clients wait there, more hot requests are answered than the disk would let
// through.
Nanos warm_up(const Setup& setup, const RowSpec& row) {
  predict::Network network = setup.network;
  network.heads = row.heads;
  bool slow_disk = network.cold * network.disk_ms / network.heads > network.deck * network.cpu_ms;
  double book_seconds = slow_disk && row.in_service > 1 ? 3.0 : 0.8;
  return static_cast<Nanos>(book_seconds / setup.scale * kSecond);
}

// Eight decks, of 1.2 s each for a single thread: some reads for every LWP.
Nanos recorded_for(const Setup& setup) {
  return static_cast<Nanos>(8 * 1.2 / setup.scale * kSecond);
}

Schedule schedule(const Options& options, const std::vector<RowSpec>& rows) {
  // What cannot be shortened, in real seconds: a deck takes a single thread 1.2 s of the book; a
  // closed window waits for a deck's end at both its ends and then drains 16 requests; 60 requests
  // are the least whose 90th percentile means something.
  const double book = 1 / options.setup.scale, deck = 1.2 * book, drain = 0.7 * book;
  const auto count = static_cast<double>(rows.size());
  double fixed = 0.05 * count;  // starting the servers
  for (const auto& row : rows) {
    double warm = static_cast<double>(warm_up(options.setup, row)) / 1e9;
    fixed += options.rounds * (std::max(warm, deck) + deck / 2 + drain) + warm + drain;
  }
  if (!options.report.empty())
    fixed += 2 * (static_cast<double>(recorded_for(options.setup)) / 1e9 + 0.1 + drain);
  double left = (options.seconds - fixed) / count;  // of each row, for its windows
  double closed = std::max({0.6 * left / options.rounds, 3 * deck, 0.1});
  double open = std::max({0.4 * left, 60 / options.setup.open_rps * book, 0.1});
  auto nanos = [](double s) { return static_cast<Nanos>(s * 1e9); };
  return {nanos(closed), nanos(open), nanos(fixed + count * (options.rounds * closed + open))};
}

std::variant<Comparison, Refusal> measure(const Options& options, const Terminal& terminal,
                                          int stop_fd) {
  return Measurement(options, terminal, stop_fd).run();
}

}  // namespace weft::labs::compare
