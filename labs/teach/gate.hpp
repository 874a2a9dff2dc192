// SPDX-License-Identifier: BSL-1.0
// Tries the grader itself: what must fail fails, for its own reason, and what is right passes under
// every seed.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "labs/lab/grade.hpp"

namespace weft::labs::teach {

struct Wrong {
  std::string name, expected;    ///< a message's id
  bool rejected = false;         ///< it does not get all points
  bool message_ok = false;       ///< the first failure is the expected one
  std::vector<std::string> got;  ///< of each check the message, "" if it passed
};

struct Gated {
  std::string lab;
  bool starter_builds = false, starter_fails = false;
  int starter_points = 0;                      ///< nobody should get any for doing nothing
  int solution_passed = 0, solution_runs = 0;  ///< as the lab says, then a seed each
  std::vector<Wrong> wrong;
  std::vector<std::string> lacks;  ///< "hints.zh.md: level 2"
  std::string flaw;                ///< of the first solution that did not pass

  int flakes() const { return solution_runs - solution_passed; }
  bool holds() const;
};
nlohmann::ordered_json to_json(const std::vector<Gated>& all);
/// Wrong solutions by checks, and the flake rate: a page for docs/.
std::string matrix(const std::vector<Gated>& all, const std::vector<lab::Exercise>& exercises);

/// `jobs` at once. `progress` hears what is tried. Wrong solutions need go no further than their
/// first failure, but for matrix(). REQUIRES that no other thread exists.
Gated gate(const lab::Exercise& exercise, int runs, int jobs, lab::Grader::Until until,
           const Say& say, const std::function<void(const std::string&)>& progress);

}  // namespace weft::labs::teach
