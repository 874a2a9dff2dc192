// SPDX-License-Identifier: BSL-1.0
#include "labs/simulate/workload.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <sstream>

#include "labs/random.hpp"

namespace weft::labs::simulate {
namespace {

constexpr double kLongest = 1e7;  // ms: nearly three hours
constexpr std::size_t kMostJobs = 64, kMostBursts = 200;
constexpr int kMostTimes = 1000;

std::optional<double> number(const std::string& word) {
  double value = 0;
  const char* end = word.data() + word.size();
  auto [after, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || after != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Reads one line, word by word.
class Line {
 public:
  Line(int number, const std::string& text) : number_(number), words_(text) {}

  bool next(std::string& word) { return static_cast<bool>(words_ >> word); }
  std::optional<BadLine> bad(const std::string& word, const std::string& expected) const {
    return BadLine{number_, word, expected};
  }
  std::optional<BadLine> within(double least, double most, double& into) {
    char range[80];
    std::snprintf(range, sizeof range, "a number from %g to %g", least, most);
    std::string word;
    if (!next(word)) return bad("", range);
    auto value = simulate::number(word);
    if (!value || *value < least || *value > most) return bad(word, range);
    into = *value;
    return std::nullopt;
  }
  /// A time. `least`: in ms.
  std::optional<BadLine> time(double least, Nanos& into) {
    double ms = 0;
    if (auto wrong = within(least, kLongest, ms)) return wrong;
    into = static_cast<Nanos>(std::llround(ms * kMs));
    return std::nullopt;
  }
  std::optional<BadLine> whole(double least, double most, double& into) {
    if (auto wrong = within(least, most, into)) return wrong;
    if (into != std::floor(into)) return bad(std::to_string(into), "a whole number");
    return std::nullopt;
  }

 private:
  int number_;
  std::istringstream words_;
};

constexpr double kShortest = 0.001;

std::optional<BadLine> read_job(Line& line, Job& job) {
  std::string word;
  double value = 0;
  while (line.next(word)) {
    std::optional<BadLine> wrong;
    if (word == "at") {
      wrong = line.time(0, job.arrives);
    } else if (word == "run" || word == "wait") {
      const bool on_cpu = job.bursts.size() % 2 == 0;
      if ((word == "run") != on_cpu) return line.bad(word, on_cpu ? "run" : "wait");
      if (job.bursts.size() == kMostBursts) return line.bad(word, "fewer bursts");
      wrong = line.time(kShortest, job.bursts.emplace_back());
    } else if (word == "priority") {
      wrong = line.whole(0, lwp::Task::kPriorities - 1, value);
      job.wishes.priority = static_cast<int>(value);
    } else if (word == "tickets") {
      wrong = line.whole(1, lwp::Task::kMostTickets, value);
      job.wishes.tickets = static_cast<unsigned>(value);
    } else if (word == "deadline") {
      wrong = line.time(kShortest, job.deadline);
    } else if (word == "every") {
      wrong = line.time(kShortest, job.period);
    } else if (word == "times") {
      wrong = line.whole(1, kMostTimes, value);
      job.times = static_cast<int>(value);
    } else {
      return line.bad(word, "at, run, wait, priority, tickets, deadline, every, times");
    }
    if (wrong) return wrong;
  }
  if (job.bursts.size() % 2 == 0) return line.bad("", "run");
  if (job.times > 1 && job.period == 0) return line.bad("", "every");
  return std::nullopt;
}

std::string ms(Nanos t) {
  char text[40];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(t) / kMs);
  return text;
}

}  // namespace

std::variant<Workload, BadLine> parse(const std::string& text) {
  Workload w;
  std::set<std::string> names;
  std::istringstream lines(text);
  int number = 0;
  for (std::string content; std::getline(lines, content);) {
    Line line(++number, content.substr(0, content.find('#')));
    std::string word;
    if (!line.next(word)) continue;
    std::optional<BadLine> wrong;
    if (word == "slice") {
      wrong = line.time(kShortest, w.slice);
    } else if (word == "switch") {
      wrong = line.time(0, w.switch_cost);
    } else {
      if (w.jobs.size() == kMostJobs) return *line.bad(word, "at most 64 jobs");
      if (!names.insert(word).second) return *line.bad(word, "a name that no other job has");
      Job& job = w.jobs.emplace_back();
      job.name = word;
      wrong = read_job(line, job);
    }
    if (wrong) return *wrong;
    if (line.next(word)) return *line.bad(word, "the end of the line");
  }
  if (w.jobs.empty()) return BadLine{number, "", "a job: P1 at 0 run 10"};
  return w;
}

std::string to_text(const Workload& w) {
  std::string out;
  if (w.slice > 0) out += "slice " + ms(w.slice) + "\n";
  if (w.switch_cost > 0) out += "switch " + ms(w.switch_cost) + "\n";
  const lwp::Wishes usual;
  for (const Job& job : w.jobs) {
    out += job.name + "  at " + ms(job.arrives);
    for (std::size_t i = 0; i < job.bursts.size(); ++i) {
      out += (i % 2 == 0 ? " run " : " wait ") + ms(job.bursts[i]);
    }
    if (job.wishes.priority != usual.priority)
      out += " priority " + std::to_string(job.wishes.priority);
    if (job.wishes.tickets != usual.tickets)
      out += " tickets " + std::to_string(job.wishes.tickets);
    if (job.deadline > 0) out += " deadline " + ms(job.deadline);
    if (job.period > 0) out += " every " + ms(job.period);
    if (job.times > 1) out += " times " + std::to_string(job.times);
    out += "\n";
  }
  return out;
}

Workload variant(const Workload& w, std::uint64_t seed) {
  Random random(seed);
  auto vary = [&](Nanos t, Nanos least) {
    const auto usual = static_cast<std::uint64_t>(std::llround(static_cast<double>(t) / kMs));
    const Nanos drawn = static_cast<Nanos>(usual / 2 + random.below(usual + 1));
    return std::max(drawn, least) * static_cast<Nanos>(kMs);
  };
  Workload out = w;
  for (Job& job : out.jobs) {
    job.arrives = vary(job.arrives, 0);
    for (Nanos& burst : job.bursts) burst = vary(burst, 1);
  }
  return out;
}

}  // namespace weft::labs::simulate
