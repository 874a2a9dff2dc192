// SPDX-License-Identifier: BSL-1.0
// Grades a student's files: each check of the lab in a process of its own, in the simulated world,
// where time is virtual and a schedule happens again. Only `pass` earns points, and only an answer
// that the check's own process has sealed is one.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labs/explore/story.hpp"
#include "labs/lab/build.hpp"
#include "labs/lab/exercise.hpp"

namespace weft::labs::lab {

/// inconclusive: the machine did not let us finish. grader_error: the lab or weft is at fault.
enum class Verdict { pass, fail, inconclusive, grader_error };
const char* name(Verdict v);

struct Finding {
  std::string check;
  Text title;
  int weight = 1;
  bool optional = false;
  Verdict verdict = Verdict::grader_error;
  std::string id;         ///< of the message: "warm-up.stalled", "lab.crash"; "" if it passed
  std::string evidence;   ///< in the language asked for: what was seen, a line or several
  std::string story;      ///< the interleaving, ready to print; "" if there is none
  std::string recording;  ///< the same, as a file for `weft report`; likewise
  std::string token;      ///< for `weft lab replay`; "" if there is nothing to run again
  std::uint64_t schedules = 0;
  bool exhaustive = false;
  double seconds = 0;
};

struct Report {
  std::string exercise;
  std::vector<Finding> findings;
  int points = 0, most = 0;
  bool isolated = true;  ///< the kernel lent namespaces

  bool passed() const;  ///< but for what is optional
  bool full() const { return !findings.empty() && points == most; }
  const Finding* first_failure() const;
  /// Of a schedule to be asked about: the one that fails, or one of the last check.
  std::string oral_token() const;
};
nlohmann::ordered_json to_json(const Report& report);

/// The lab's files among those of a folder; what is missing or too large is left out.
Files files_of(const std::filesystem::path& folder, const Exercise& exercise);

class Grader {
 public:
  Grader(const Exercise& exercise, const Say& say)
      : exercise_(exercise), say_(say), builder_(exercise) {}

  enum class Until { end, first_failure };
  /// Who waits for the verdict: two checks at a time, each by a grader of its own.
  Report grade_quickly(const Files& files);
  /// With a seed, other schedules than the lab's: drawn at random from it.
  Report grade(const Files& files, std::uint64_t seed = 0, Until until = Until::end);
  /// One check again, under one schedule.
  std::optional<Finding> replay(const Files& files, const std::string& check,
                                const std::string& hash, const std::string& schedule);
  /// Numbers that the lab's program told, run once with these files.
  struct Measured {
    std::vector<std::pair<std::string, double>> figures;
    std::string picture;    ///< of a workload: its Gantt chart
    std::string problem;    ///< why there are none, or not all
    std::string recording;  ///< as Finding's; "" of a workload
  };
  Measured measure(const Files& files);

  /// The words for a finding that is no pass: broken, evidence, rule, next.
  std::string explain(const Finding& finding) const;

 private:
  Report begun() const;
  Finding run(const Check& check, const Files& files);
  void program(const Check& check, const Files& files, Finding& finding, bool tells = true);
  void workload(const Check& check, const Files& files, Finding& finding);
  struct Simulated {
    Built built;
    int code = 0;
    std::string text;
    nlohmann::json result;  ///< null if there is none
    bool sealed = true;
  };
  Simulated simulate(const std::string& policy, const std::string& workload, const Files& files);
  void mutants(const Check& check, const Files& files, Finding& finding);
  Built build(const Check& check, const std::string& own, const Files& files);
  std::vector<std::string> hidden() const;
  bool drawn(const Check& check) const;
  std::uint64_t iterations(const Check& check) const;
  nlohmann::json question(const Check& check, const Built& program, const Built& policy) const;
  void judge(const Check& check, const nlohmann::json& found, Finding& finding) const;
  explore::Story story(const Check& check, const Files& files, const Built& built,
                       const nlohmann::json& found) const;
  std::string in_text(explore::Story told) const;
  std::string recording(const explore::Story& told, const Check& check,
                        const std::string& outcome) const;
  void fail(Finding& finding, std::string id, std::string evidence) const;
  std::string figures(const nlohmann::json& found) const;

  const Exercise& exercise_;
  const Say& say_;
  Builder builder_;
  std::uint64_t seed_ = 0;
  std::string schedule_;  // of a replay
  std::string hash_;      // that its token names
};

}  // namespace weft::labs::lab
