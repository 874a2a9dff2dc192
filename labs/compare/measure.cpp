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

namespace weft::labs::compare {
namespace {

using namespace lwp::os;

// Of a window. The kernel counts who runs when its tick comes, so a share of other programs is a
// sample and needs a margin.
constexpr double kMostStolen = 0.02, kMostForOthers = 0.15;

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
      : o_(options), say_(terminal.say), progress_(terminal), stop_fd_(stop_fd) {}

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
    started_ = now();
    auto why = start_servers();
    if (!why && !o_.client_cpus.empty() && !confine_to(o_.client_cpus))
      why = Refusal{say_("compare.cannot_confine"), kMachineLacks};
    if (!why) why = closed_phase();
    if (!why) why = open_phase();
    for (auto& server : servers_) server.stop();
    progress_.clear();
    if (why) return *why;
    return std::move(c_);
  }

 private:
  std::optional<Refusal> start_servers() {
    for (const auto& row : c_.rows) {
      show(say_("compare.starting", {{"row", label(row.spec, say_)}}));
      auto server = ServerProcess::start(
          serve_arguments(row.spec, o_.setup, tree_->path(), o_.server_cpus, o_.client_cpus),
          all_cpus_);
      if (!server)
        return Refusal{say_("compare.no_server", {{"row", label(row.spec, say_)}}), kMachineLacks};
      servers_.push_back(std::move(*server));
    }
    return std::nullopt;
  }

  load::Plan plan_for(std::size_t row, Dealer& dealer) {
    load::Plan p;
    p.target = servers_[row].address();
    p.next_request = [&dealer] { return dealer.next(); };
    p.warm_up = warm_up(o_.setup, c_.rows[row].spec);
    // A request in the longest queue waits for all clients' CPU and disk, one after the other.
    p.timeout =
        5 * kSecond + static_cast<Nanos>(o_.setup.clients * 100 / o_.setup.scale) * kMillisecond;
    p.stop_fd = stop_fd_;
    return p;
  }

  std::optional<Refusal> closed_phase() {
    int spare = std::max(2, o_.rounds);  // repetitions the whole phase can afford
    for (int round = 0; round < o_.rounds; ++round)
      for (std::size_t i = 0; i < c_.rows.size(); ++i) {
        std::size_t row = round % 2 ? c_.rows.size() - 1 - i : i;
        show(say_("compare.closed_round", {{"row", label(c_.rows[row].spec, say_)},
                                           {"round", std::to_string(round + 1)},
                                           {"rounds", std::to_string(o_.rounds)}}));
        while (true) {
          bool disturbed = false;
          if (auto why = closed_window(row, round, spare > 0, disturbed)) return why;
          if (!disturbed) break;
          if (spare-- > 0)
            ++c_.repeated;
          else {
            ++c_.disturbed;
            break;
          }
        }
      }
    return std::nullopt;
  }

  // Measures one row once. A window of which the host or other programs took too much is not
  // counted while `may_repeat`.
  std::optional<Refusal> closed_window(std::size_t at, int round, bool may_repeat,
                                       bool& disturbed) {
    Row& row = c_.rows[at];
    ServerProcess& server = servers_[at];
    Dealer dealer(*tree_, o_.setup.network, o_.setup.seed + static_cast<std::uint64_t>(round));
    load::Plan p = plan_for(at, dealer);
    p.connections = o_.setup.clients;
    p.duration = schedule_.closed;
    p.whole = o_.setup.network.deck;
    int cpu = o_.server_cpus.empty() ? all_cpus_.front() : o_.server_cpus.front();
    CpuTimes core_before, core_after;
    p.window_begins = [&] {
      server.ask_counters();
      core_before = cpu_times(cpu);
    };
    p.window_ends = [&] {
      server.ask_counters();
      core_after = cpu_times(cpu);
    };
    load::Outcome out = load::run(p);
    if (out.interrupted) return Refusal{"", kInterrupted};
    auto before = server.counters(), after = server.counters();
    if (!before || !after || out.answered == 0)
      return Refusal{say_("compare.server_gone", {{"row", label(row.spec, say_)}}), kMachineLacks};
    auto share = [&](Nanos t) { return static_cast<double>(t) / static_cast<double>(out.window); };
    Nanos others = core_after.busy - core_before.busy - (after->cpu - before->cpu);
    disturbed = share(core_after.stolen - core_before.stolen) > kMostStolen ||
                (o_.setup.own_core && share(others) > kMostForOthers);
    row.errors += out.failures();
    if (disturbed && may_repeat) return std::nullopt;
    row.rps.push_back(out.rps() / o_.setup.scale);
    row.on_block = after->on_block;
    add_window(row.counted, *before, *after, o_.setup.scale);
    return std::nullopt;
  }

  std::optional<Refusal> open_phase() {
    for (std::size_t i = 0; i < c_.rows.size(); ++i) {
      Row& row = c_.rows[i];
      show(say_("compare.open_round", {{"row", label(row.spec, say_)}}));
      Dealer dealer(*tree_, o_.setup.network, o_.setup.seed + 1000);
      load::Plan p = plan_for(i, dealer);
      p.rate = o_.setup.open_rps * o_.setup.scale;
      p.poisson = true;
      p.seed = o_.setup.seed + 1000;
      p.connections = 512;
      p.duration = schedule_.open;
      load::Outcome out = load::run(p);
      if (out.interrupted) return Refusal{"", kInterrupted};
      row.latency = std::move(out.latency);
      row.errors += out.failures();
    }
    return std::nullopt;
  }

  void show(const std::string& what) {
    auto left = (schedule_.total - (now() - started_)) / kSecond;
    progress_.show(say_("compare.progress",
                        {{"what", what}, {"left", std::to_string(std::max<Nanos>(left, 1))}}));
  }

  const Options& o_;
  Say say_;
  Progress progress_;
  int stop_fd_;
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

Schedule schedule(const Options& options, const std::vector<RowSpec>& rows) {
  // What cannot be shortened, in real seconds: a deck takes a single thread 1.2 s of the book; a
  // closed window waits for a deck's end at both its ends and then drains 16 requests; 90 requests
  // are the least whose 99th percentile means something.
  const double book = 1 / options.setup.scale, deck = 1.2 * book, drain = 0.7 * book;
  const auto count = static_cast<double>(rows.size());
  double fixed = 0.05 * count;  // starting the servers
  for (const auto& row : rows) {
    double warm = static_cast<double>(warm_up(options.setup, row)) / 1e9;
    fixed += options.rounds * (std::max(warm, deck) + deck / 2 + drain) + warm + drain;
  }
  double left = (options.seconds - fixed) / count;  // of each row, for its windows
  double closed = std::max({0.6 * left / options.rounds, 3 * deck, 0.1});
  double open = std::max({0.4 * left, 90 / options.setup.open_rps * book, 0.1});
  auto nanos = [](double s) { return static_cast<Nanos>(s * 1e9); };
  return {nanos(closed), nanos(open), nanos(fixed + count * (options.rounds * closed + open))};
}

std::variant<Comparison, Refusal> measure(const Options& options, const Terminal& terminal,
                                          int stop_fd) {
  return Measurement(options, terminal, stop_fd).run();
}

}  // namespace weft::labs::compare
