// SPDX-License-Identifier: BSL-1.0
// Many submissions, several at once, each in a process of its own.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "labs/lab/grade.hpp"
#include "labs/teach/submissions.hpp"

namespace weft::labs::teach {

/// The result of one: as lab::to_json, with student, source, remarks, predictions and the token for
/// an oral check. REQUIRES that no other thread exists.
std::vector<nlohmann::ordered_json> grade_all(const std::vector<Submission>& submissions,
                                              const lab::Exercise& exercise, const Say& say,
                                              int jobs, std::uint64_t seed,
                                              const std::function<void(std::size_t)>& done);

/// weft.grade/1: all of them, and what they have in common.
nlohmann::ordered_json summary(const std::vector<nlohmann::ordered_json>& results,
                               const lab::Exercise& exercise);
/// For a person: what needs a look first, then the misconceptions by message.
std::string summary_text(const nlohmann::ordered_json& summary, const lab::Exercise& exercise,
                         const Say& say);

// ---- for other programs ------------------------------------------------------------------------

std::string to_csv(const std::vector<nlohmann::ordered_json>& results);
std::string to_junit(const std::vector<nlohmann::ordered_json>& results);
/// Gradescope's results.json of one submission.
std::string to_gradescope(const nlohmann::ordered_json& result);
/// The line that Autolab reads last from a driver.
std::string to_autolab(const nlohmann::ordered_json& result);

}  // namespace weft::labs::teach
